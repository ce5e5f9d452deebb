"""The embedded server: the endpoint served on loopback by a process of its own, `python -m sessionload.stub`.

The stub counts what arrives before it answers, so a run can be checked against it. It shares the machine
with the generator, so each microsecond spent here is one that the generator lacks.

Modules, in the order in which they import: `settings`, `latency` and `faults` (what people write),
`responses` (bytes), `sessions` (live keys), `session_answer` (what a document has for answers),
`arrival_ledger` (what arrived), `operation_route`, `head_rule` and `request_rule` (path, head and body of a
request), `interact` (conversation turns), `fault_responses` and `contract_defects` (what goes wrong on
request), `routes` (request to reply), `delayed_replies` (replies due later), `connection` (the socket),
`listener` (which accepts), `binding_line` and `launch` (what the process is started with), `__main__` (the
process), `process` (its parent's side).
"""
