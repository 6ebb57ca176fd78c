// Checks signatures made by the Rust code with `standardwebhooks`, the specification's own library for Node, and prints
// signatures made by it, for the Rust code to check. `.ci/run` puts it into .tools/node. Exit status 77: it is not there, and
// nothing was compared.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const place = path.join(__dirname, "../../../../../.tools/node/node_modules/standardwebhooks");
if (!fs.existsSync(place)) {
  console.error(`no standardwebhooks in ${place}`);
  process.exit(77);
}
const { Webhook, WebhookVerificationError } = require(place);

function refused(hook, body, headers) {
  try {
    hook.verify(body, headers, { jsonParse: false });
  } catch (error) {
    return error instanceof WebhookVerificationError;
  }
  return false;
}

function must(holds, what, at) {
  if (!holds) {
    console.error(what, at);
    process.exit(1);
  }
}

const cases = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const theirs = [];
for (const at of cases) {
  const { id, timestamp, body, signature } = at;
  const headers = { "Webhook-Id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  const sent = Number(timestamp);
  for (const name of ["secret", "other"]) {
    const hook = new Webhook(at[name]);
    Date.now = () => (sent + 300) * 1000;
    hook.verify(body, headers, { jsonParse: false });
    must(refused(hook, body + " ", headers), "a changed message was accepted", at);
    must(refused(hook, body, { ...headers, "Webhook-Id": id + "x" }), "another id was accepted", at);
    Date.now = () => (sent + 301) * 1000;
    must(refused(hook, body, headers), "an old message was accepted", at);
    const made = hook.sign(id, new Date(sent * 1000), body);
    theirs.push({ id, timestamp, body, check: at[name], signature: made });
  }
}
console.error(`${cases.length} cases agree with standardwebhooks from ${place}`);
console.log(JSON.stringify(theirs));
