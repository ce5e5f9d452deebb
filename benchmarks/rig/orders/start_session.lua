-- wrk: the same session start again and again; nothing of the answer is looked at but its status.
wrk.method = "POST"
wrk.body = '{"userID":"bench"}'
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = os.getenv("BENCH_KEY")
