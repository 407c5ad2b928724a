"""Images out of order are told from a recording that starts again."""

from monomsk_perception.stamp_guard import StampGuard, StampVerdict

SECOND_NS = 1_000_000_000


def test_verdicts() -> None:
    guard = StampGuard()
    assert guard.check(10 * SECOND_NS) is StampVerdict.NEXT
    assert guard.check(11 * SECOND_NS) is StampVerdict.NEXT
    assert guard.check(11 * SECOND_NS) is StampVerdict.OUT_OF_ORDER
    assert guard.check(11 * SECOND_NS - 1) is StampVerdict.OUT_OF_ORDER
    assert guard.check(2 * SECOND_NS) is StampVerdict.JUMPED_BACK
    assert guard.check(2 * SECOND_NS + 1) is StampVerdict.NEXT
