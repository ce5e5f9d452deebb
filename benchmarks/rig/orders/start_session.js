// k6: one session start for each arrival of a constant rate, checked for its status and its session key.
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';

export const options = {
  scenarios: {
    starts: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 200,
      maxVUs: 1000,
    },
  },
};

const params = { headers: { 'content-type': 'application/json', authorization: __ENV.BENCH_KEY } };

export default function () {
  const body = JSON.stringify({ userID: `bench-${exec.scenario.iterationInTest}` });
  const answer = http.post(__ENV.URL, body, params);
  check(answer, {
    'status is 200': (one) => one.status === 200,
    'there is a session key': (one) => typeof one.json('sessionKey') === 'string',
  });
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data.metrics) };
}
