#!/usr/bin/env python3
"""Write the part of Shopify's Admin schema that onhand speaks, as names and types without descriptions.

    scripts/prune_schema.py                     fetch the package with `npm pack` and rewrite the SDL file
    scripts/prune_schema.py --archive FILE      take the package archive from FILE instead
    scripts/prune_schema.py --output FILE       write to FILE ("-" is standard output)

Beside it go the webhook topics, each name of the enum with the name in the header: the enum does not show where a
resource ends, and four headers have a dot; only the descriptions say it.

Run scripts/list_scopes.py afterwards: it lists which access scopes what was kept here needs.

The same archive always gives the same bytes. What is kept is listed below; a field whose type is not kept
is dropped with it, and so is an argument or an input field.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "@shopify/dev-mcp"
PACKAGE_VERSION = "1.16.0"
ARCHIVE_SHA256 = "4663c79229028e98f825a09d5f04ec6c3736331b740ce50260f9ffac10709474"
API_VERSION = "2026-10"
SCHEMA_MEMBER = f"package/dist/data/admin_{API_VERSION}.json.gz"
LICENCE_MEMBER = "package/LICENSE"
SOURCE = Path(__file__).resolve().parent.parent / "src/onhand"
OUTPUT = SOURCE / f"sandbox/shopify/admin_{API_VERSION}.graphql"
TOPICS_OUTPUT = SOURCE / "channels/shopify/topics.json"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUERIES = _names(
    """
    appInstallation bulkOperation bulkOperations currentAppInstallation deliveryProfiles draftOrder
    draftOrders fulfillment fulfillmentOrder fulfillmentOrders inventoryItem inventoryItems inventoryLevel
    inventoryProperties inventoryShipment inventoryShipments inventoryTransfer inventoryTransfers location
    locations locationsCount node nodes order orders ordersCount product productVariant productVariants
    productVariantsCount products productsCount refund return reverseFulfillmentOrder shop webhookSubscription
    webhookSubscriptions webhookSubscriptionsCount
    """
)
MUTATIONS = _names(
    """
    bulkOperationCancel bulkOperationRunQuery draftOrderComplete draftOrderCreate draftOrderDelete
    draftOrderUpdate fulfillmentCancel fulfillmentCreate fulfillmentOrderHold
    fulfillmentOrderLineItemsPreparedForPickup fulfillmentOrderMerge fulfillmentOrderMove
    fulfillmentOrderReleaseHold fulfillmentOrderSplit inventoryActivate
    inventoryAdjustQuantities inventoryBulkToggleActivation inventoryDeactivate inventoryItemUpdate
    inventoryMoveQuantities inventorySetQuantities inventoryShipmentAddItems inventoryShipmentCreate
    inventoryShipmentCreateInTransit inventoryShipmentDelete inventoryShipmentMarkInTransit
    inventoryShipmentReceive inventoryShipmentRemoveItems inventoryShipmentSetTracking
    inventoryShipmentUpdateItemQuantities inventoryTransferCancel inventoryTransferCreate
    inventoryTransferCreateAsReadyToShip inventoryTransferDelete inventoryTransferDuplicate
    inventoryTransferEdit inventoryTransferMarkAsReadyToShip inventoryTransferRemoveItems
    inventoryTransferSetItems metafieldsSet orderCancel orderCreate
    orderEditAddVariant orderEditBegin orderEditCommit orderEditSetQuantity refundCreate returnCancel
    returnClose returnCreate returnProcess returnReopen reverseFulfillmentOrderDispose
    webhookSubscriptionCreate webhookSubscriptionDelete webhookSubscriptionUpdate
    """
)
# Composite types that are kept; their connections, edges, and the payloads of the mutations above come along.
OBJECTS = _names(
    """
    AccessScope ApiVersion App AppInstallation BulkOperation CalculatedLineItem CalculatedOrder Count
    DeliveryMethod
    DeliveryLocalPickupSettings DeliveryLocationGroup DeliveryLocationGroupZone DeliveryMethodDefinition
    DeliveryMethodDefinitionCounts DeliveryProfile DeliveryProfileLocationGroup DraftOrder DraftOrderLineItem
    EditableProperty ExchangeLineItem Fulfillment FulfillmentHold FulfillmentLineItem FulfillmentOrder
    FulfillmentOrderAssignedLocation FulfillmentOrderLineItem FulfillmentOrderMerchantRequest
    FulfillmentOrderMergeResult FulfillmentOrderSplitResult
    FulfillmentService FulfillmentTrackingInfo InventoryAdjustmentGroup InventoryChange InventoryItem
    InventoryItemMeasurement InventoryLevel InventoryProperties InventoryQuantity InventoryQuantityName
    InventoryShipment InventoryShipmentLineItem InventoryShipmentTracking InventoryTransfer
    InventoryTransferLineItem InventoryTransferLineItemUpdate Job LineItem LineItemGroup Location LocationAddress
    LocationSnapshot Metafield MoneyBag MoneyV2 Order OrderAgreement OrderApp OrderAttribution OrderCancellation
    OrderEditAgreement OrderTransaction
    PageInfo Product ProductVariant
    ProductSale ProductVariantComponent Publication Refund RefundAgreement RefundLineItem Return ReturnAgreement
    ReturnLineItem ReverseFulfillmentOrder
    ReverseFulfillmentOrderDisposition ReverseFulfillmentOrderLineItem SelectedOption Shop ShopPlan
    WebhookSubscription Weight
    """
)
INTERFACES = frozenset(
    {"DisplayableError", "LegacyInteroperability", "Node", "ReturnLineItemType", "Sale", "SalesAgreement"}
)
# Input types about money, metafields and customs: far from stock.
DROPPED_INPUTS = _names(
    """
    BundlesDraftOrderBundleLineItemComponentInput CountryHarmonizedSystemCodeInput DepositInput
    DraftOrderAppliedDiscountInput DraftOrderLineItemComponentInput ExchangeLineItemAppliedDiscountInput
    FulfillmentOriginAddressInput HasMetafieldsMetafieldIdentifierInput InventoryItemMeasurementInput
    LocalizationExtensionInput LocalizedFieldInput MetafieldInput OrderCancelRefundMethodInput
    OrderCreateDiscountCodeInput OrderTransactionInput PaymentTermsInput PurchasingEntityInput
    RefundDutyInput RefundMethodInput RefundShippingInput RestockingFeeInput ReturnShippingFeeInput
    ShippingRefundInput
    """
)
BUILT_IN_SCALARS = frozenset({"Boolean", "Float", "ID", "Int", "String"})
BUILT_IN_DIRECTIVES = frozenset({"deprecated", "include", "oneOf", "skip", "specifiedBy"})

Json = dict[str, Any]


class Pruner:
    """Chooses which types stay and prints them."""

    def __init__(self, schema: Json) -> None:
        self._types: dict[str, Json] = {row["name"]: row for row in schema["types"]}
        self._directives: list[Json] = schema["directives"]
        self._query = schema["queryType"]["name"]
        self._mutation = schema["mutationType"]["name"]
        self._check_names()
        self._kept = self._reach()

    def sdl(self) -> str:
        """Return the kept schema; every list in it is sorted by name."""
        blocks = [f"schema {{\n  query: {self._query}\n  mutation: {self._mutation}\n}}"]
        blocks += [self._directive(row) for row in self._directives if row["name"] not in BUILT_IN_DIRECTIVES]
        blocks += [self._definition(self._types[name]) for name in sorted(self._kept)]
        return "\n\n".join(blocks) + "\n"

    def _check_names(self) -> None:
        fields = {row["name"] for root in (self._query, self._mutation) for row in self._types[root]["fields"]}
        gone = sorted((QUERIES | MUTATIONS) - fields) + sorted(
            (OBJECTS | INTERFACES | DROPPED_INPUTS) - set(self._types)
        )
        if gone:
            raise SystemExit(f"the schema no longer has {', '.join(gone)}: correct the lists in {Path(__file__).name}")

    def _composites(self) -> frozenset[str]:
        names = set(OBJECTS | INTERFACES)
        for row in self._types[self._mutation]["fields"]:
            if row["name"] in MUTATIONS:
                payload = _named(row["type"])
                names.add(payload)
                names.update(
                    name
                    for field in self._types[payload]["fields"]
                    if (name := _named(field["type"])).endswith("UserError")
                )
        for name in tuple(names):
            names.update(found for found in (f"{name}Connection", f"{name}Edge") if found in self._types)
        return frozenset(names)

    def _reach(self) -> frozenset[str]:
        self._composite_names = self._composites()
        found: set[str] = set()
        waiting = [self._query, self._mutation, *OBJECTS, *INTERFACES]
        while waiting:
            name = waiting.pop()
            if name in found or name in BUILT_IN_SCALARS:
                continue
            found.add(name)
            for field in self._fields(self._types[name]):
                waiting.append(_named(field["type"]))
                waiting += [_named(argument["type"]) for argument in self._inputs(field.get("args") or [])]
        return frozenset(found)

    def _allowed(self, name: str) -> bool:
        kind = self._types[name]["kind"]
        if kind in ("OBJECT", "INTERFACE", "UNION"):
            return name in self._composite_names
        return name not in DROPPED_INPUTS

    def _fields(self, row: Json) -> list[Json]:
        if row["kind"] == "INPUT_OBJECT":
            return self._inputs(row["inputFields"])
        fields = sorted(row.get("fields") or [], key=_by_name)
        if row["name"] == self._query:
            fields = [field for field in fields if field["name"] in QUERIES]
        elif row["name"] == self._mutation:
            fields = [field for field in fields if field["name"] in MUTATIONS]
        return [field for field in fields if self._allowed(_named(field["type"]))]

    def _inputs(self, rows: list[Json]) -> list[Json]:
        return sorted((row for row in rows if self._allowed(_named(row["type"]))), key=_by_name)

    def _directive(self, row: Json) -> str:
        return f"directive @{row['name']}{self._arguments(row['args'])} on {' | '.join(row['locations'])}"

    def _definition(self, row: Json) -> str:
        name, kind = row["name"], row["kind"]
        if kind == "SCALAR":
            return f"scalar {name}"
        if kind == "ENUM":
            values = sorted(row["enumValues"], key=_by_name)
            return _block(f"enum {name}", [value["name"] + _deprecated(value) for value in values])
        if kind == "INPUT_OBJECT":
            return _block(f"input {name}", [self._input(field) for field in self._fields(row)])
        interfaces = sorted(each["name"] for each in row["interfaces"] or [] if each["name"] in self._kept)
        head = f"{'interface' if kind == 'INTERFACE' else 'type'} {name}"
        if interfaces:
            head += f" implements {' & '.join(interfaces)}"
        return _block(head, [self._field(field) for field in self._fields(row)])

    def _field(self, row: Json) -> str:
        return f"{row['name']}{self._arguments(row['args'])}: {_text(row['type'])}{_deprecated(row)}"

    def _arguments(self, rows: list[Json]) -> str:
        inputs = self._inputs(rows)
        return f"({', '.join(self._input(row) for row in inputs)})" if inputs else ""

    def _input(self, row: Json) -> str:
        default = "" if row["defaultValue"] is None else f" = {row['defaultValue']}"
        return f"{row['name']}: {_text(row['type'])}{default}{_deprecated(row)}"


def _by_name(row: Json) -> str:
    return str(row["name"])


def _named(reference: Json) -> str:
    while reference.get("ofType"):
        reference = reference["ofType"]
    return str(reference["name"])


def _text(reference: Json) -> str:
    match reference["kind"]:
        case "NON_NULL":
            return f"{_text(reference['ofType'])}!"
        case "LIST":
            return f"[{_text(reference['ofType'])}]"
        case _:
            return str(reference["name"])


def _deprecated(row: Json) -> str:
    return " @deprecated" if row.get("isDeprecated") else ""


def _block(head: str, lines: list[str]) -> str:
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}"])


def header(licence: str) -> str:
    """Return the notice that the licence of the source asks every copy to carry, as SDL comments."""
    lines = [
        f"Shopify Admin API {API_VERSION}: the names and types that onhand speaks, descriptions left out.",
        f"Source: npm package {PACKAGE} {PACKAGE_VERSION}, {SCHEMA_MEMBER.removeprefix('package/')}, licence ISC.",
        "Written by scripts/prune_schema.py; do not edit by hand.",
        "",
        *licence.strip().splitlines(),
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines) + "\n"


def list_topics(schema: Json) -> str:
    """Return the webhook topics as JSON: what the header says, by the name in the enum."""
    (enum,) = (row for row in schema["types"] if row["name"] == "WebhookSubscriptionTopic")
    topics = {}
    for value in enum["enumValues"]:
        found = re.search(r"`([a-z_]+[/.][a-z_]+)`\s+events", value["description"])
        if found is None:
            raise SystemExit(f"{value['name']}: its description names no header")
        topics[value["name"]] = found.group(1)
    return json.dumps({"api_version": API_VERSION, "topics": dict(sorted(topics.items()))}, indent=2) + "\n"


def read_schema(archive: Path) -> tuple[Json, str]:
    """Return the whole schema of the package archive at `archive`, and its licence."""
    refuse_another(archive)
    with tarfile.open(archive) as members:
        document = json.loads(gzip.decompress(member(members, SCHEMA_MEMBER)))
        licence = member(members, LICENCE_MEMBER).decode()
    return document["data"]["__schema"], licence


def refuse_another(archive: Path) -> None:
    """End unless `archive` is the package as it was published."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != ARCHIVE_SHA256:
        raise SystemExit(
            f"{archive} has sha256 {digest}, expected {ARCHIVE_SHA256}: "
            f"it is not {PACKAGE} {PACKAGE_VERSION} as published"
        )


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return a file of the package."""
    stream = archive.extractfile(name)
    if stream is None:
        raise SystemExit(f"the archive has no file {name}")
    return stream.read()


def download(folder: Path) -> Path:
    """Fetch the package archive into `folder` with the npm client and return its path."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed: install it, or name a downloaded archive with --archive")
    command = [npm, "pack", f"{PACKAGE}@{PACKAGE_VERSION}", "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.tgz"))


def main() -> None:
    """Rewrite the SDL file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archive", type=Path, help="the downloaded package archive")
    parser.add_argument("--output", default=str(OUTPUT), help='where to write; "-" is standard output')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        schema, licence = read_schema(arguments.archive or download(Path(folder)))
    sdl, topics = header(licence) + Pruner(schema).sdl(), list_topics(schema)
    if arguments.output == "-":
        sys.stdout.write(sdl)
    else:
        Path(arguments.output).write_text(sdl, encoding="utf-8")
        TOPICS_OUTPUT.write_text(topics, encoding="utf-8")


if __name__ == "__main__":
    main()
