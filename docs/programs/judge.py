from sessionload import Contract

contract = Contract.read()  # or a path
good = contract.judge(200, b'{"sessionKey": "VF.example"}')
bad = contract.judge(200, b'{"sessionKey": ""}')
assert good.ok
assert (bad.outcome, bad.cause) == ("contract_violation", "key/empty")
print(bad.message)
