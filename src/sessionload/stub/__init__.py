"""The embedded server: the endpoint served on loopback by a process of its own, `python -m sessionload.stub`.

The stub counts what arrives before it answers, so a run can be checked against it. It shares the machine
with the generator, so each microsecond spent here is one that the generator lacks.

Modules, in the order in which they import: `settings`, `latency` and `faults` (what people write),
`responses` (bytes), `sessions` (live keys), `arrival_ledger` (what arrived), `request_rule` (the body
rule), `interact` (conversation turns), `fault_responses` and `contract_defects` (what goes wrong on
request), `routes` (request to reply), `delayed_replies` (replies due later), `connection` (the socket),
`listener` (which accepts), `__main__` (the process), `process` (its parent's side).
"""
