"""What the publisher of `body_dynamics` promises and assistance demands, as DDS checks it.

A reader that demands more than the writer promises gets nothing, so both take it from here.
"""

#: Longest time between two messages while a person is followed [s].
DYNAMICS_DEADLINE_S = 0.05
#: Longest time without a sign of life of the publishing process [s].
DYNAMICS_LEASE_S = 0.1
