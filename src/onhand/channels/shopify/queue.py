"""A queue of Amazon's (SQS) as a source of webhooks, read with boto3, which is an optional part of onhand.

Sources: AWS, "Amazon SQS API reference" 2012-11-05: ReceiveMessage (long polling, visibility timeout, ten messages at
most), DeleteMessageBatch (ten entries, each of which may fail by itself).
"""

import importlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from onhand.ports.delivery import Fetched
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)

MESSAGES = 10  # SQS: at most ten a call, of receiving and of deleting
WAIT_S = 5  # a process that is told to stop has eight seconds
HIDDEN_S = 60  # SQS hides what it gave for so long; keeping and deleting takes a fraction of a second
_TRIES = 3
_LATER = frozenset({"RequestThrottled", "ThrottlingException", "Throttling", "ServiceUnavailable", "InternalError"})


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSettings:
    """One queue. Without keys, boto3 looks where AWS's own tools look: environment, files, the machine's role.

    An address outside amazonaws.com is spoken to directly: a queue of one's own, or a private endpoint.
    """

    url: str
    region: str
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)

    @property
    def endpoint(self) -> str | None:
        """Where the service answers; None for Amazon's own addresses."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        return None if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) else f"{parts.scheme}://{parts.netloc}"


class Backlog(NamedTuple):
    """Messages of a queue, about: waiting, and given to somebody who has not taken them away yet."""

    waiting: int
    hidden: int


class SqsQueue:
    """One queue. Safe for threads. Raises ConfigError where boto3 is not installed."""

    def __init__(self, settings: QueueSettings) -> None:
        self.name = settings.url
        self._url = settings.url
        try:
            boto3: Any = importlib.import_module("boto3")
            config: Any = importlib.import_module("botocore.config")
            self._errors: Any = importlib.import_module("botocore.exceptions")
        except ModuleNotFoundError as error:
            raise ConfigError(
                f'webhooks = "eventbridge" needs {error.name}, which is not installed: install the extra that brings '
                "it, onhand[eventbridge]"
            ) from error
        try:
            self._client: SQSClient = boto3.client(
                "sqs",
                region_name=settings.region,
                endpoint_url=settings.endpoint,
                aws_access_key_id=settings.access_key_id,
                aws_secret_access_key=settings.secret_access_key,
                config=config.Config(
                    connect_timeout=5,
                    read_timeout=WAIT_S + 10,
                    retries={"mode": "standard", "total_max_attempts": _TRIES},
                ),
            )
        except (self._errors.BotoCoreError, ValueError) as error:
            raise ConfigError(f"queue {self._url}: {error}") from error

    def fetch(self) -> list[Fetched]:
        """Wait up to five seconds for messages and return what came. Raises ChannelUnavailable, ChannelRefused."""
        with self._trouble("reading"):
            answer = self._client.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=MESSAGES, WaitTimeSeconds=WAIT_S, VisibilityTimeout=HIDDEN_S
            )
        return [
            Fetched(message["ReceiptHandle"], message["Body"].encode("utf-8", "surrogatepass"))
            for message in answer.get("Messages", [])
        ]

    def remove(self, receipts: Sequence[str]) -> int:
        """Take messages away for good; return how many could not be, which come again. Raises as `fetch` does."""
        left = list(receipts)
        for _ in range(_TRIES):
            left = [
                receipt for start in range(0, len(left), MESSAGES) for receipt in self._delete(left[start:][:MESSAGES])
            ]
            if not left:
                break
        return len(left)

    def backlog(self) -> Backlog:
        """Return about how many messages there are. Raises as `fetch` does."""
        with self._trouble("counting"):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        found = answer["Attributes"]
        return Backlog(int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"]))

    def _delete(self, receipts: list[str]) -> list[str]:
        """Delete up to ten messages; return those that the service could not delete."""
        with self._trouble("deleting"):
            answer = self._client.delete_message_batch(
                QueueUrl=self._url,
                Entries=[{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(receipts)],
            )
        failed = answer.get("Failed", [])
        for row in failed:
            logger.warning("queue %s: a message is not deleted: %s %s", self._url, row["Code"], row.get("Message", ""))
        return [receipts[int(row["Id"])] for row in failed]

    @contextmanager
    def _trouble(self, doing: str) -> Iterator[None]:
        """Name what the service says in words that the rest of onhand knows."""
        where = f"{doing} the queue {self._url}"
        try:
            yield
        except self._errors.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in _LATER or status >= 500:
                raise ChannelUnavailable(f"{where}: {error}") from error
            raise ChannelRefused(
                f"{where}: {error}: look at queue, aws_region, and what the keys may do (sqs:ReceiveMessage, "
                "sqs:DeleteMessage, sqs:GetQueueAttributes)"
            ) from error
        except (self._errors.NoCredentialsError, self._errors.PartialCredentialsError) as error:
            raise ChannelRefused(f"{where}: {error}: give aws_access_key_id and aws_secret_access_key") from error
        except self._errors.BotoCoreError as error:
            raise ChannelUnavailable(f"{where}: {error}") from error
