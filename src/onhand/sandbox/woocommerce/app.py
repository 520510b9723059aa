"""The routes of a web shop on WooCommerce, and how its webhooks are signed."""

from __future__ import annotations

import base64
import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.lost_answer import never_answered
from onhand.sandbox.state import Sandbox
from onhand.sandbox.woocommerce.desk import MOUNT, WooCommerceDesk
from onhand.sandbox.world.outbox import Delivery


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return the routes of the web shop's API."""
    desk = WooCommerceDesk(sandbox)

    async def handle(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.body()
        reply = desk.answer(request.method, request.url.path, dict(request.query_params), headers, body)
        if reply.lost:
            return await never_answered(request)
        return Response(reply.body, status_code=reply.status, headers=dict(reply.headers))

    return [Route(f"{MOUNT}/{{path:path}}", handle, methods=["GET", "POST"])]


def headers(sandbox: Sandbox, delivery: Delivery, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook (REST API v3, "Webhooks"): only the body is signed."""
    hook = sandbox.world.woocommerce.hooks[delivery.subscription_id or 0]
    signature = base64.b64encode(hmac.digest(hook.secret.encode(), body, hashlib.sha256)).decode()
    resource, _, event = delivery.topic.partition(".")
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{sandbox.base_url}{MOUNT}/",
        "X-WC-Webhook-Topic": delivery.topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-ID": str(hook.id),
        "X-WC-Webhook-Delivery-ID": delivery.delivery_id,
    }
