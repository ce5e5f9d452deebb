"""What the claims are measured with.

Modules, ground first: `cores` (which processor runs what), `claims` (arguments, tables, exit codes), `seen`
(what a server saw, as numbers), `witness` (a server that stamps what it sees), `servers` (nginx, the stub,
the witness), `runs` (the real command against one of them), `bare` (what the system itself takes), `held`
(the highest rate that is held), `causes` (what the system did to the generator meanwhile), `peers` (other
tools), `contest` (one of them at work).
"""
