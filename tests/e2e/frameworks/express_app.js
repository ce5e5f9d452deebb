// A server as a user of Express writes it; with a word, one that has that fault.
"use strict";

const crypto = require("crypto");
const express = require("express");

const fault = process.argv[2] || "";
const app = express();

app.use((request, response, next) => {
  if (request.get("authorization") !== process.env.E2E_API_KEY) {
    return response.status(401).json({ error: "the key is not known" });
  }
  next();
});
app.use(express.json({ limit: "2mb" }));

app.post("/v4/project/:project/environment/:environment/session", (request, response) => {
  if (request.params.project !== "demo" || request.params.environment !== "main") {
    return response.status(404).json({ error: "no such project or environment" });
  }
  const user = (request.body || {}).userID;
  if (typeof user !== "string" || user.length === 0 || [...user].length > 100) {
    return response.status(400).json({ error: "userID is a text of 1 to 100 characters" });
  }
  const session = { sessionKey: crypto.randomBytes(16).toString("hex") };
  if (fault === "json_as_html") {
    return response.send(JSON.stringify(session));
  }
  response.json(session);
});

if (fault !== "stack_trace") {
  app.use((error, request, response, next) => {
    response.status(error.status || 500).json({ error: error.message });
  });
}

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
