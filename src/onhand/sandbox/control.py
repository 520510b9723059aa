"""The control of a running sandbox (POST /control/...): sales, goods, faults, a day, a replay; loopback only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial

import msgspec

from onhand.sandbox import (
    app_by_hand,
    catalog_by_hand,
    door_sensors,
    returns_by_hand,
    selling_by_hand,
    third_party,
    tiktok_by_hand,
    transfers_by_hand,
)
from onhand.sandbox import orders_by_hand as by_hand
from onhand.sandbox.control_asks import (
    AddItem,
    AddLocation,
    Adjust,
    Ask,
    Cancel,
    CancelTransfer,
    ChangeItem,
    ChangeLocation,
    ChangeTransfer,
    Comply,
    EditOrder,
    Fulfil,
    GiveIdToken,
    HandOver,
    Heal,
    Install,
    MakeTransfer,
    MoveOrder,
    PlaceOrder,
    Play,
    Receive,
    ReceiveTransfer,
    Refund,
    RemoveItem,
    RevokeSecret,
    RotateSecret,
    RouteCloud,
    Sale,
    SetFault,
    ShipTransfer,
    StartReplay,
    StockItem,
    TearLevel,
    Theft,
    Uninstall,
    VoidTokens,
)
from onhand.sandbox.orders_by_hand import Row, told, wishes
from onhand.sandbox.play import Playing, play
from onhand.sandbox.replay import Replay
from onhand.sandbox.sender import Sender
from onhand.sandbox.sheets import people
from onhand.sandbox.state import Sandbox
from onhand.sandbox.wishes import DayPlan
from onhand.sandbox.world import drafting, moving, tiktok_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.selling import place_online, sell_at_till

# Asks that concern the world alone.
_MORE: dict[str, tuple[type[Ask], Callable[..., Row]]] = {
    "return": (returns_by_hand.OpenReturn, returns_by_hand.open_return),
    "dispose": (returns_by_hand.Dispose, returns_by_hand.dispose),
    "process_return": (returns_by_hand.ProcessReturn, returns_by_hand.process_return),
    "cancel_return": (returns_by_hand.EndReturn, returns_by_hand.cancel_return),
    "close_return": (returns_by_hand.EndReturn, returns_by_hand.close_return),
    "draft": (returns_by_hand.MakeDraft, returns_by_hand.make_draft),
    "complete_draft": (returns_by_hand.ChangeDraft, returns_by_hand.complete_draft),
    "delete_draft": (returns_by_hand.ChangeDraft, returns_by_hand.delete_draft),
    "pickup": (selling_by_hand.SellAt, selling_by_hand.place_for_pickup),
    "ship_from_till": (selling_by_hand.SellAt, selling_by_hand.ship_from_till),
    "sell_offline": (selling_by_hand.SellAt, selling_by_hand.sell_offline),
    "upload": (selling_by_hand.Upload, selling_by_hand.upload),
    "app_order": (selling_by_hand.AppOrder, selling_by_hand.create_by_app),
    "import_order": (selling_by_hand.ImportOrder, selling_by_hand.import_order),
    "lock_units": (tiktok_by_hand.LockUnits, tiktok_by_hand.lock_units),
    "ask_back": (tiktok_by_hand.AskBack, tiktok_by_hand.ask_back),
    "step_return": (tiktok_by_hand.ReturnStep, tiktok_by_hand.step_return),
    "set_listing": (tiktok_by_hand.SetListing, tiktok_by_hand.set_listing),
    "hold": (selling_by_hand.HoldOrder, selling_by_hand.hold),
    "release": (selling_by_hand.OrderNamed, selling_by_hand.release),
    "split": (selling_by_hand.SplitOrder, selling_by_hand.split),
    "merge": (selling_by_hand.OrderNamed, selling_by_hand.merge),
    "unfulfil": (selling_by_hand.OrderNamed, selling_by_hand.unfulfil),
}


class Control:
    """What the control can do with one sandbox; it runs on the sandbox's event loop."""

    def __init__(self, sandbox: Sandbox, sender: Sender, *, seed: int) -> None:
        self._sandbox = sandbox
        self._world = sandbox.world
        self._sender = sender
        self._seed = seed
        self.third_party = third_party.ThirdParty(sandbox)
        self.sensors = door_sensors.DoorSensors(sandbox)
        self._playing: Playing | None = None
        self._replay: Replay | None = None
        self._replay_asked: tuple[str, int | None] | None = None
        self._asks: dict[str, tuple[type[Ask], Callable[..., Row]]] = {
            "sale": (Sale, self._sale),
            "order": (PlaceOrder, self._order),
            "refund": (Refund, self._refund),
            "cancel": (Cancel, self._cancel),
            "fulfil": (Fulfil, self._fulfil),
            "edit": (EditOrder, self._edit),
            "move": (MoveOrder, self._move),
            "transfer": (MakeTransfer, lambda ask, now: transfers_by_hand.make(sandbox.world, ask, now=now)),
            "change_transfer": (ChangeTransfer, lambda ask, now: transfers_by_hand.change(sandbox.world, ask, now=now)),
            "ship_transfer": (ShipTransfer, lambda ask, now: transfers_by_hand.ship(sandbox.world, ask, now=now)),
            "receive_transfer": (
                ReceiveTransfer,
                lambda ask, now: transfers_by_hand.receive(sandbox.world, ask, now=now),
            ),
            "cancel_transfer": (CancelTransfer, lambda ask, now: transfers_by_hand.cancel(sandbox.world, ask, now=now)),
            "receive": (Receive, self._receive),
            "adjust": (Adjust, self._adjust),
            "theft": (Theft, self._theft),
            "hand_over": (HandOver, self._hand_over),
            "add_item": (AddItem, self._add_item),
            "change_item": (ChangeItem, self._change_item),
            "remove_item": (RemoveItem, lambda ask, now: catalog_by_hand.remove_item(sandbox.world, ask, now=now)),
            "stock_item": (StockItem, lambda ask, now: catalog_by_hand.stock_item(sandbox.world, ask, now=now)),
            "tear_level": (TearLevel, lambda ask, now: catalog_by_hand.tear_level(sandbox.world, ask, now=now)),
            "add_location": (AddLocation, self._add_location),
            "change_location": (ChangeLocation, self._change_location),
            "fault": (SetFault, self._fault),
            "route_cloud": (RouteCloud, lambda ask, _: app_by_hand.route_cloud(sandbox, ask)),
            "comply": (Comply, lambda ask, now: app_by_hand.comply(sandbox, ask, now)),
            "rotate_secret": (RotateSecret, lambda *_: app_by_hand.rotate_secret(sandbox)),
            "revoke_secret": (RevokeSecret, lambda *_: app_by_hand.revoke_secret(sandbox)),
            "void_tokens": (VoidTokens, lambda _, now: app_by_hand.void_tokens(sandbox, now)),
            "uninstall": (Uninstall, lambda _, now: app_by_hand.uninstall(sandbox, now)),
            "install": (Install, lambda _, now: app_by_hand.install(sandbox, now)),
            "id_token": (GiveIdToken, lambda _, now: app_by_hand.give_id_token(sandbox, now)),
            "sheet": (people.SheetAct, lambda ask, _: people.act(sandbox.sheets, ask)),
            "play": (Play, self._play),
            "heal": (Heal, self._heal),
            "third_party_count": (third_party.TakeCount, self.third_party.count),
            "third_party_change": (third_party.MakeChange, self.third_party.change),
            "third_party_advice": (third_party.AdviseShipment, self.third_party.advise),
            "third_party_send": (third_party.SendNotice, self.third_party.send),
            "pass_door": (door_sensors.PassDoor, self.sensors.pass_door),
            "tell_door": (door_sensors.TellDoor, self.sensors.tell),
            "tell_door_again": (door_sensors.TellAgain, self.sensors.tell_again),
            "door_sensors": (door_sensors.StartSensors, self.sensors.start),
            "close_doors": (door_sensors.CloseDoors, self.sensors.close),
            "replay": (StartReplay, self._start_replay),
        }
        self._asks |= {name: (kind, partial(act, self._world)) for name, (kind, act) in _MORE.items()}

    def names(self) -> list[str]:
        """Return what can be asked."""
        return list(self._asks)

    def do(self, name: str, body: bytes) -> Row:
        """Do what is asked and return the answer.

        Raises Refused for what cannot be done (404 "unknown_ask" among it) and msgspec.ValidationError or
        msgspec.DecodeError for a body that is not such a request.
        """
        if name not in self._asks:
            raise Refused("unknown_ask", f"/control/{name} does not exist; there are {', '.join(self._asks)}")
        kind, act = self._asks[name]
        now = self._sandbox.clock()
        drafting.pass_time(self._world, now)
        return act(msgspec.json.decode(body or b"{}", type=kind), now)

    def played(self) -> Row:
        """Return how far the day is; raises Refused when none was played."""
        if self._playing is None:
            raise Refused("unknown_day", "no day was played yet; POST /control/play begins one")
        return self._playing.state()

    def replayed(self) -> Row:
        """Return how far the replay is; raises Refused when none was loaded."""
        if self._replay is None:
            raise Refused("unknown_replay", "no file was loaded yet; POST /control/replay does that")
        return self._replay.state()

    def _place(self, ask: Receive | Adjust | Theft) -> tuple[int, int]:
        if ask.sku is None or ask.location is None:
            raise Refused("missing_field", "a location and a sku are needed")
        location = self._world.catalog.location_of_name(ask.location)
        return self._world.catalog.item_of_sku(ask.sku).inventory_item_id, location.id

    def _sale(self, ask: Sale, now: datetime) -> Row:
        location = self._world.catalog.location_of_name(ask.location)
        lines = wishes(self._world, ask.lines_asked())
        return told(self._world, sell_at_till(self._world, location_id=location.id, lines=lines, now=now))

    def _order(self, ask: PlaceOrder, now: datetime) -> Row:
        lines = wishes(self._world, ask.lines)
        if ask.channel == "tiktok_shop":
            return told(self._world, tiktok_orders.place(self._world, lines=lines, now=now, status=ask.status))
        if ask.channel == "woocommerce":
            return by_hand.place_order(self._world, ask.channel, lines, now=now)
        if ask.channel == "online_store":
            return told(self._world, place_online(self._world, lines=lines, now=now))
        tills = list(self._world.catalog.tills.values())
        if ask.location is None and not tills:
            raise Refused("no_till", "this shop has no till; name a location that has one")
        at = tills[0].location_id if ask.location is None else self._world.catalog.location_of_name(ask.location).id
        return told(self._world, sell_at_till(self._world, location_id=at, lines=lines, now=now))

    def _refund(self, ask: Refund, now: datetime) -> Row:
        return by_hand.refund(self._world, ask.order, ask.lines, restock=ask.restock, location=ask.location, now=now)

    def _cancel(self, ask: Cancel, now: datetime) -> Row:
        return by_hand.cancel(self._world, ask.order, restock=ask.restock, reason=ask.reason, now=now)

    def _fulfil(self, ask: Fulfil, now: datetime) -> Row:
        return by_hand.fulfil(self._world, ask.order, ask.lines, now=now)

    def _edit(self, ask: EditOrder, now: datetime) -> Row:
        return by_hand.change(self._world, ask.order, add=ask.add, remove=ask.remove, restock=ask.restock, now=now)

    def _move(self, ask: MoveOrder, now: datetime) -> Row:
        return by_hand.reassign(self._world, ask.order, to=ask.to, now=now)

    def _receive(self, ask: Receive, now: datetime) -> Row:
        if ask.transfer is not None:
            return transfers_by_hand.receive(self._world, ReceiveTransfer(transfer=ask.transfer), now=now)
        item_id, location_id = self._place(ask)
        moving.receive_goods(self._world, item_id=item_id, location_id=location_id, units=ask.units, now=now)
        return self._level(item_id, location_id)

    def _adjust(self, ask: Adjust, now: datetime) -> Row:
        item_id, location_id = self._place(ask)
        moving.adjust_by_hand(
            self._world, item_id=item_id, location_id=location_id, units=ask.units, state=ask.state, now=now
        )
        return self._level(item_id, location_id)

    def _theft(self, ask: Theft, now: datetime) -> Row:
        del now  # nobody notes when
        item_id, location_id = self._place(ask)
        moving.steal(self._world, item_id=item_id, location_id=location_id, units=ask.units)
        return self._level(item_id, location_id)

    def _hand_over(self, ask: HandOver, now: datetime) -> Row:
        del now  # no platform hears of it
        item_id, location_id = self._place(ask)
        handed = moving.hand_over(self._world, item_id=item_id, location_id=location_id, units=ask.units)
        return {**self._level(item_id, location_id), "handed_over_units": handed}

    def _level(self, item_id: int, location_id: int) -> Row:
        level = self._world.levels.get(item_id, location_id)
        return {
            "available": None if level is None else level.available,
            "on_hand": None if level is None else level.on_hand,
            "physical_units": self._world.shelf.place(item_id, location_id).units,
        }

    def _add_item(self, ask: AddItem, now: datetime) -> Row:
        return catalog_by_hand.add_item(self._world, ask, now=now)

    def _change_item(self, ask: ChangeItem, now: datetime) -> Row:
        return catalog_by_hand.change_item(self._world, ask, now=now)

    def _add_location(self, ask: AddLocation, now: datetime) -> Row:
        return catalog_by_hand.add_location(self._world, ask, now=now)

    def _change_location(self, ask: ChangeLocation, now: datetime) -> Row:
        return catalog_by_hand.change_location(self._world, ask, now=now)

    def _fault(self, ask: SetFault, now: datetime) -> Row:
        del now  # faults have the same clock
        if not 0.0 <= ask.share <= 1.0:
            raise Refused("bad_share", f"share must be between 0 and 1, got {ask.share}")
        fault = self._sandbox.faults.set(ask.kind, share=ask.share, for_s=ask.for_s, platform=ask.platform)
        return asdict(fault)

    def _play(self, ask: Play, now: datetime) -> Row:
        del now  # the day has the sandbox's clock
        if self._playing is not None and not self._playing.task.done():
            raise Refused("already_playing", "a day is being played; wait until it is done")
        plan = DayPlan(
            seed=self._seed if ask.seed is None else ask.seed,
            for_s=ask.for_s,
            orders_per_s=ask.orders_per_s,
            plant=tuple(ask.plant),
            plant_every_s=ask.plant_every_s,
        )
        self._playing = play(self._sandbox, plan, speed=ask.speed, baseline=ask.baseline)
        return self._playing.state()

    def _heal(self, ask: Heal, now: datetime) -> Row:
        del ask, now
        self._sandbox.faults.heal()
        return {"flushed": self._sender.flush(), "done": dict(self._sandbox.faults.done)}

    def _start_replay(self, ask: StartReplay, now: datetime) -> Row:
        del now  # the replay has the sandbox's clock
        asked = (ask.path, ask.limit)
        if self._replay is None or self._replay_asked != asked:
            replay = Replay(self._sandbox, self._sender, path=ask.path, limit=ask.limit)
            replay.load(stock_units=ask.stock_units)
            self._replay, self._replay_asked = replay, asked
        if ask.start:
            self._replay.start(rate=ask.rate)
        return self._replay.state()

    def tasks(self) -> list[Playing | Replay]:
        """Return what runs in the background, so that a server can stop it."""
        return [one for one in (self._playing, self._replay) if one is not None]
