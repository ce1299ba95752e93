"""Contracts that the tests read."""

from trimtab.vocabulary.contract import Contract, Rejected, read_contract

SMALL = """\
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support-bot}
spec:
  tools:
    orders.get:
      effect: read
      input:
        type: object
        properties: {id: {type: string}}
        required: [id]
        additionalProperties: false
      output: {vouched: [id, total], sensitive: true, trusted: true}
    refund.create:
      effect: keyed_write
      input:
        type: object
        properties: {order_id: {type: string}, amount: {type: number}, note: {type: string}}
        required: [order_id, amount]
        additionalProperties: false
      arguments:
        order_id: {from: [user, orders.get.id]}
        amount: {max: 500}
      idempotency: {key: [order_id]}
      pre: ["args.amount <= facts.orders_get.total"]
      approval: {when: args.amount > 200}
"""

FULL = """\
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support-bot, owner: payments-team, description: Answers about orders and pays back.}
spec:
  decision: {opa: {url: "http://127.0.0.1:8181", path: shop/decision, timeout: 500ms}}
  mode: observe
  unlistedTool: ask
  onGate: deny
  ruleOfTwo: deny
  onSuspected: label
  mark: delimit
  tools:
    orders.get:
      effect: read
      description: Reads one order.
      input: orders.json
      fallback: [{cache: 10m}, {tool: orders.list}, {answer: {id: none}}, {human: true}]
    orders.list: {effect: read}
    mail.send: {effect: unkeyed_write, egress: true}
    refund.cancel: {effect: idempotent_write}
    refund.create:
      effect: keyed_write
      mode: enforce
      egress: true
      description: Pays money back.
      family: payments
      scopes: [payments:write]
      input:
        type: object
        properties:
          {order_id: {type: string}, amount: {type: number}, account: {type: string}, note: {type: string}, url: {type: string}, tenant: {type: string}}
        required: [order_id, amount]
        additionalProperties: false
      output:
        schema: {type: object}
        trusted: true
        sensitive: true
        vouched: [id]
        hidden: ["card.number"]
        mark: datamark
      arguments:
        order_id: {from: [user, refund.create.id], otherwise: deny}
        amount: {min: 1, max: 500}
        url: {hosts: [docs.example.com]}
        note: {links: [user, vouched]}
        tenant: {fixed: session.tenant}
      pre:
        - args.amount <= 500
        - {holds: args.amount > 0, otherwise: ask, message: Nothing to pay.}
      post:
        - {holds: "result.status == 'created'", otherwise: warn, message: Not created.}
      idempotency: {key: [order_id, amount], ttl: 48h}
      budget: {session: {calls: 3, sum: {amount: 1000}}, day: {calls: 100, sum: {amount: 20000}}}
      approval: {when: args.amount > 200, role: finance, quorum: 2, notRequester: false, ttl: 10m}
      undo: {tool: refund.cancel, arguments: {id: result.id}}
      verify: {tool: orders.get, arguments: {id: args.order_id}, happened: seen.refunded}
      timeout: 10s
      retry: {attempts: 2, backoff: 100ms, most: 5s, budget: 0.2}
      breaker: {failures: 0.4, window: 30, minimum: 5, open: 1m}
      atOnce: 4
      perSecond: 10
      fallback: [{human: true}]
  session: {calls: 40, writes: 9, irreversible: 3, costUsd: 2.0, tokens: 100000, duration: 1h}
  flows: [{from: sensitive, to: egress, then: deny}]
  checks:
    - {at: input, when: size(text) > 20000, then: deny, message: Too long.}
    - {at: output, when: "text.contains('BEGIN KEY')", then: transform, replacement: hidden}
  answer: {links: [user, trusted], names: [user, named, model], then: ask}
  output: {secrets: deny, personal: mask}
  intents: {refund: {description: Money back., tools: [orders.get, refund.create]}}
  escalation: [{name: customer-asked, kind: deliberate, description: The customer wants a human.}]
  slo: [{indicator: task_success, target: 0.95, window: 7d}]
  invariants:
    - "refund.create: session.sum(amount) <= 1000 && day.count() <= 100"
    - {holds: irreversible && tainted implies approved, tool: mail.send, message: Somebody has looked.}
"""
SCHEMAS = {"orders.json": '{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}'}


def small() -> Contract:
    return read_contract(SMALL)


def full() -> Contract:
    return read_contract(FULL, schemas=SCHEMAS)


def changed(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def problems(text: str, schemas: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a contract: where, what, and what instead."""
    try:
        read_contract(text, file="c.yaml", schemas=schemas or SCHEMAS)
    except Rejected as error:
        return [f"{one} -> {one.instead}" for one in error.problems]
    return []
