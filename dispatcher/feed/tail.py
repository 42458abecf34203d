"""The end of a job: an idle machine gets a copy of what would finish last."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.feed.views import ClassView, Copy, LeaseView, Rules

#: A copy must promise to end this much earlier than the original, or doing the work twice is not worth it.
GAIN_NEEDED = 0.85


@dataclass(frozen=True, slots=True)
class _Late:
    """A lease that may be copied: when it ends and how long an atom takes where it is."""

    lease: LeaseView
    ends_in: float
    an_atom: float


def plan_copies(idle: Sequence[ClassView], classes: Sequence[ClassView], rules: Rules) -> list[Copy]:
    """At most one copy for each idle machine and of each lease, the latest first, the fastest machine first."""
    late = sorted(_late_leases(classes, rules), key=lambda found: -found.ends_in)
    copies: list[Copy] = []
    for thief in sorted(idle, key=lambda c: -max(c.speeds.values(), default=0.0)):
        for _ in range(thief.slots - len(thief.leases)):
            taken = {c.token for c in copies}
            found = (_copy_for(thief, x, rules) for x in late if x.lease.token not in taken)
            copies.extend([copy for copy in found if copy][:1])
    return copies


def _late_leases(classes: Sequence[ClassView], rules: Rules) -> list[_Late]:
    late = []
    for owner in classes:
        for lease in owner.leases:
            speed = owner.speeds.get(lease.engine)
            if lease.atoms_left and speed and not lease.is_copy and not lease.is_copied:
                an_atom = lease.seconds_left / lease.atoms_left / speed
                late.append(_Late(lease, _ends_in(lease, an_atom, rules), an_atom))
    return late


def _ends_in(lease: LeaseView, an_atom: float, rules: Rules) -> float:
    if lease.running_for is None:
        return lease.atoms_left * an_atom + rules.lease_overhead
    if lease.silent_for > 2 * an_atom + rules.stalled_after:
        return float("inf")
    return lease.atoms_left * an_atom - min(lease.silent_for, an_atom)


def _copy_for(thief: ClassView, late: _Late, rules: Rules) -> Copy | None:
    """How many atoms from the back let both finish together; None if the idle machine would not be earlier."""
    lease, speed = late.lease, thief.speeds.get(late.lease.engine)
    if not speed or not lease.needs <= thief.offers:
        return None
    here = lease.seconds_left / lease.atoms_left / speed
    atoms = lease.atoms_left
    if late.ends_in != float("inf"):
        atoms = min(
            range(1, lease.atoms_left + 1),
            key=lambda n: max(late.ends_in - n * late.an_atom, rules.lease_overhead + n * here),
        )
    if rules.lease_overhead + atoms * here >= GAIN_NEEDED * late.ends_in:
        return None
    return Copy(thief.queue, lease.token, atoms)
