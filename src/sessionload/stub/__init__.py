"""The endpoint served on loopback by a process of its own: `python -m sessionload.stub`.

Law: the stub knows what arrived, whatever it answers, so that a run can be checked against it.
Idea: a request becomes one `Reply` (bytes, how to end, how long to wait), judged at the desk without a
socket in sight; a connection only plays replies, in order. Trap: the stub shares the machine with the
generator, so each microsecond here is one that the generator lacks.

Modules, ground first: `answers` (bytes), `sessions` (live keys), `ledger` (what arrived), `body` (the body
rule), `interact` (conversation turns), `plays` (faults as replies), `desk` (request to reply), `waiting`
(replies due later), `connection` (the socket), `__main__` (the process), `process` (its parent's side).
"""
