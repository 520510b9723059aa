"""What can become of a call besides an answer. A write must tell "not carried out" from "nobody knows"."""


class NotCarriedOut(Exception):
    """TikTok Shop did nothing, for lack of quota or because it was not reached: the same call may be sent again."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NoAnswer(Exception):
    """No trustworthy answer came: a write may have been carried out, or not."""


class Refused(Exception):
    """TikTok Shop said no, with a code. The same call again will not help."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (code {code})" if code != NO_CODE else message)
        self.code = code


class VoidTokens(Refused):
    """TikTok Shop takes none of our tokens: a person must connect the shop again. The message says how."""

    def __init__(self, message: str) -> None:
        super().__init__(NO_CODE, message)


# Partner API, "Common errors" and the pages of the inventory endpoints.
THROTTLED = 36009002
TOKEN_EXPIRED = 105002
AMBIGUOUS = 36009004  # a bad token, a bad app key, a stale timestamp or an unexpected cipher: only the message tells
NO_SCOPE = 105005
TOO_MANY_RESULTS = 12052180
OUT_OF_RANGE = 12052055
LOCKED = 12052393
COMPUTED = 12052850  # a virtual bundle: its stock follows from that of its components' listings
OF_THE_NUMBER = frozenset({OUT_OF_RANGE, LOCKED})  # another number may be taken
PASSING = frozenset({36009003, 36009007, 12001000, 12052881, 12052109})
NO_CODE = 0  # refused without asking: no token, no cipher
OF_THE_ACCOUNT = frozenset({NO_CODE, TOKEN_EXPIRED, AMBIGUOUS, 101000, NO_SCOPE, 106001, 106013, 36009033})

NEXT_STEPS = {
    NO_SCOPE: "grant the app the scopes it asks for",
    106001: "check app_secret",
    106013: "shop_cipher is missing: connect the shop again",
    101000: "the token belongs to another shop: connect this shop again",
    36009033: "add this machine's address to the app's allow list",
    12052055: "TikTok Shop does not take this number",
    12052094: "the shop may not use several warehouses: ask TikTok Shop, or list the SKU in one",
    12052097: "the warehouse is gone: run `onhand sync`",
    12052530: "the warehouse is not this shop's: run `onhand sync`",
    12052531: "the warehouse is disabled: enable it in the Seller Center, or run `onhand sync`",
    12052532: "the warehouse does not sell: run `onhand sync`",
    12052533: "warehouses of this SKU have changed: run `onhand sync`",
    12052516: "warehouses of this SKU have changed: run `onhand sync`",
    12052037: "warehouses of this SKU have changed: run `onhand sync`",
    12052141: "this SKU's stock is edited under global settings: unlink it there",
    12052144: "TikTok Shop keeps this stock itself: take the listing off onhand",
    12052503: "SKUs that share stock must be equal: unlink them in the Seller Center",
    COMPUTED: "a virtual bundle: its components are told, TikTok Shop computes it from them",
    12052393: "a promotion has locked these units, so they may be oversold: end it, or lower the other channels",
}


def way_out(code: int) -> str:
    """Return what a person can do about a refusal."""
    return NEXT_STEPS.get(code, "look the code up in the Partner Center's list of errors")
