"""When machines come free: what each class still has to do, in seconds of its own time."""

import heapq

from dispatcher.feed.views import ClassView, LeaseView, Rules


def own_seconds_left(lease: LeaseView, farm_class: ClassView, rules: Rules) -> float:
    """How long a lease still takes on machines of its class, as far as their speed is known."""
    speed = farm_class.speeds.get(lease.engine)
    own = lease.seconds_left / speed if speed else rules.shortest_lease
    if lease.running_for is None:
        return own + rules.lease_overhead
    # The atom in hand has not been reported yet, but part of it is done.
    an_atom = own / lease.atoms_left if lease.atoms_left else 0.0
    return max(own - min(lease.silent_for, an_atom), 0.0)


def free_times(farm_class: ClassView, rules: Rules) -> list[float]:
    """For every slot of a class, the seconds until it is free; a heap, soonest first."""
    ends = sorted(own_seconds_left(x, farm_class, rules) for x in farm_class.leases if x.running_for is not None)
    ends = ends[: farm_class.slots]
    ends = [0.0] * (farm_class.slots - len(ends)) + ends
    for lease in farm_class.leases:
        if lease.running_for is None and ends:
            heapq.heapreplace(ends, ends[0] + own_seconds_left(lease, farm_class, rules))
    return ends
