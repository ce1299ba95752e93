"""How a session is counted from its steps and facts: one statement, over the touched sessions only."""

LEAF = "kind in ('llm', 'embedding', 'rerank', 'tool') and not repeated"
"""What may carry tokens and cost into a sum, each call once (decision 0009)."""


def said_first(column: str) -> str:
    """The value of the first step that says anything, '' where none does."""
    return f"coalesce(arg_min({column}, place) filter ({column} <> ''), '')"


COUNTED = f"""
  -- A distinct count takes a table of its own, some milliseconds for each batch however small.
  list_unique(list(trace_id))::integer as traces,
  count(*)::integer as steps,
  (count(*) filter (kind = 'llm' and not repeated))::integer as llm_calls,
  (count(*) filter (kind = 'tool' and not repeated))::integer as tool_calls,
  -- Often only the outer of two instrumentations keeps content: then it alone knows what was proposed.
  coalesce(sum(tool_calls) filter (not repeated), sum(tool_calls), 0)::integer as tool_calls_proposed,
  (count(*) filter (kind = 'tool' and not repeated and (error or inner_error <> '')))::integer as tool_errors,
  (count(*) filter (error))::integer as errors,
  (count(*) filter (handoff <> '' and not repeated))::integer as handoffs,
  {said_first("handoff")} as handoff,
  max(messages) as messages,
  max(user_messages) as user_messages,
  sum(input_tokens) filter ({LEAF})::bigint as input_tokens,
  sum(output_tokens) filter ({LEAF})::bigint as output_tokens,
  (count(*) filter (kind = 'llm' and not repeated and input_tokens is null))::integer as usage_unknown,
  sum(cost_nusd) filter ({LEAF})::bigint as cost_nusd,
  (count(*) filter (cost_status = 'unpriced' and not repeated))::integer as unpriced,
  bool_or(skewed) as skewed,
  bool_or(synthetic_time) as synthetic_time,
  {said_first("service")} as service,
  {said_first("agent_version")} as agent_version,
  {said_first("bundle")} as bundle,
  {said_first("environment")} as environment,
  {said_first("tenant")} as tenant,
  {said_first('"user"')} as "user",
  {said_first("model")} as model,
  {said_first("provider")} as provider,
  coalesce(arg_min(dims, place) filter (cardinality(dims) > 0), map {{}}) as dims
"""

PLACE = "((parent_id <> 0)::hugeint << 126) + (start_ns::hugeint << 63) + (content_hash >> 1)::hugeint"
"""The order in which steps speak for their session: roots first, then time, then content; never arrival."""

RECOUNT = f"""
with s as materialized (
  select project, session, trace_id, span_id, parent_id, start_ns, end_ns, agent, kind, error, handoff, messages,
    user_messages, tool_calls, input_tokens, output_tokens, cost_nusd, cost_status, skewed, synthetic_time, service,
    agent_version, bundle, environment, tenant, "user", model, provider, dims, own_session, ends_session,
    repeated, inner_error, content_hash, {PLACE} as place
  from steps semi join touched using (project, session)
  where start_ns >= $since),
counted as (
  select project, session, {said_first("agent")} as agent,
    min(start_ns) as first_ns, max(end_ns) as last_ns,
    min(end_ns) filter (ends_session) as ended_ns,
    max(end_ns) filter (parent_id = 0 and session[1:6] = 'trace:') as root_ns,
    {COUNTED},
    coalesce(min(nullif(own_session, '')) <> max(nullif(own_session, '')), false) as conflicting_ids
  from s group by project, session),
waiting as materialized (
  select counted.*, coalesce(idle_by_agent.idle_ns, $idle_ns) as wait_ns
  from counted left join idle_by_agent on idle_by_agent.agent = counted.agent),
-- The first silence longer than the idle time ends a session, whatever comes after it; most are too short for one.
lines as (
  select project, session, wait_ns, start_ns, max(end_ns) over line as busy_until, lead(start_ns) over line as next_ns
  from s join (select project, session, wait_ns from waiting where last_ns - first_ns > wait_ns) using (project, session)
  window line as (partition by project, session order by start_ns, end_ns, content_hash
                  rows between unbounded preceding and current row)),
silences as (
  select project, session, min(busy_until + wait_ns) as silence_ns
  from lines where next_ns is null or next_ns - busy_until > wait_ns
  group by project, session),
of_traces as (select * from facts where session = '' and span_id = 0),
roots as (
  select project, trace_id, arg_min(session, {PLACE}) as session
  from steps semi join (
    select project, trace_id from s semi join of_traces using (project, trace_id)) using (project, trace_id)
  group by project, trace_id),
said as (
  select facts.*, facts.session as of from facts semi join touched using (project, session)
  union all
  select of_traces.*, roots.session from of_traces join roots using (project, trace_id)
  union all
  select facts.*, s.session from facts join s using (project, trace_id, span_id)
  where facts.session = '' and facts.span_id <> 0),
outcomes as (
  select project, of as session,
    arg_max(label, (rank, time_ns, content_hash)) as outcome,
    arg_max(source, (rank, time_ns, content_hash)) as outcome_source,
    arg_max(reason, (rank, time_ns, content_hash)) as outcome_reason,
    arg_max(time_ns, (rank, time_ns, content_hash)) as outcome_ns,
    min(time_ns) filter (source = 'app') as told_ns
  from said where kind = 'outcome' group by project, of),
closed as (
  select waiting.*, outcome, outcome_source, outcome_reason, outcome_ns,
    least(ended_ns, told_ns) as explicit_ns, coalesce(silence_ns, last_ns + wait_ns) as idle_ns,
    least(coalesce(root_ns, idle_ns), idle_ns, first_ns + $max_age_ns) as silent_ns
  from waiting left join silences using (project, session) left join outcomes using (project, session))
select closed.project, closed.session, closed.agent, closed.first_ns, closed.last_ns,
  coalesce(explicit_ns, silent_ns) as close_ns,
  -- An explicit end is shown at once; a silence when nothing more has come for the settle time.
  case when explicit_ns is not null then greatest(explicit_ns, last_received_ns)
       else greatest(silent_ns, last_received_ns + $settle_ns) end as settle_ns,
  -- What stood for the settle time stands for ever; batches are never wider, so a rebuild pins the same.
  coalesce(old.pinned_ns, case when greatest(old.settle_ns, old.received_ns + $settle_ns) < first_received_ns
                               then old.close_ns end) as pinned_ns,
  greatest(last_received_ns, old.received_ns) as received_ns,
  closed.traces, closed.steps, closed.llm_calls, closed.tool_calls, closed.tool_calls_proposed,
  closed.tool_errors, closed.errors, closed.handoffs, closed.handoff, closed.messages, closed.user_messages,
  closed.input_tokens, closed.output_tokens, closed.usage_unknown, closed.cost_nusd, closed.unpriced,
  closed.conflicting_ids, closed.skewed, closed.synthetic_time, closed.service, closed.agent_version,
  closed.bundle, closed.environment, closed.tenant, closed."user", closed.model, closed.provider, closed.dims,
  coalesce(closed.outcome, 'unknown') as outcome, coalesce(closed.outcome_source, '') as outcome_source,
  coalesce(closed.outcome_reason, '') as outcome_reason, closed.outcome_ns
from closed join touched using (project, session)
  left join sessions as old using (project, session)
"""
