{#- Whether this run of the identity layer looks at every record, as identity_run decided at its start. -#}
{% macro run_is_full() -%}
    {%- if not execute or model.resource_type == 'unit_test' -%}{{ return(true) }}{%- endif -%}
    {%- set run = adapter.get_relation(this.database, this.schema, 'identity_run') -%}
    {{ return(run is none or run_query('select is_full from ' ~ run).columns[0].values()[0]) }}
{%- endmacro %}

{#- A model's table as it is before this run, where a ref() would go in a circle; none when it is not there. -#}
{% macro table_before(model_name) -%}
    {%- set found = [] -%}
    {%- if execute and model.resource_type != 'unit_test' -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
            {%- do found.append(adapter.get_relation(node.database, node.schema, node.alias)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found | first if found else none) }}
{%- endmacro %}

{#- What that table held; no rows when it was not there. -#}
{% macro rows_before(model_name, columns) -%}
    {%- set table = table_before(model_name) -%}
    {#- Another version's table: the rules have changed, so nothing of it is used. -#}
    {%- set its_columns = adapter.get_columns_in_relation(table) | map(attribute='name') | list if table else [] -%}
    {%- set table = table if columns.keys() | reject('in', its_columns) | list == [] else none -%}
    select
        {%- for name, type in columns.items() %}
        {{ name if table else 'cast(null as ' ~ type ~ ') as ' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {% if table %}from {{ table }}{% else %}where 1 = 0{% endif %}
{%- endmacro %}

{#-
    What the identity layer depends on besides its records, as a text to compare: its models, how it compares and
    weighs, and the rules of which a change may concern everybody.
-#}
{% macro identity_rules() -%}
    {%- set rules = [
        var('blocking_rules'),
        var('match_thresholds'),
        var('user_id_is'),
        session_gap_seconds(),
        email_key('email'),
        name_key('name'),
        given_names_key('name'),
        name_suffix('name'),
        without_name_suffix('name'),
        block_keys('profiles'),
        is_used_block('profiles', 'step'),
        text_number('record_key'),
        compare_profiles('pairs'),
        weigh_comparisons('compared'),
        agglomerate_rules(),
        contradict('one', 'other'),
        rarity_bits('count', 'total', 'share'),
        prior_bits('pairs', 'profiles'),
        visitor_key(),
        is_log_out('event_name'),
    ] -%}
    {%- do rules.append(_seeds_fingerprint([
        (ref('match_weights'), '*', 'true'),
        (ref('nicknames'), '*', 'true'),
        (ref('identifier_limits'), 'identifier_type, trust_rank, is_strong, is_personal', 'true'),
        (ref('blocked_identifiers'), 'pattern', "identifier_type = 'birth_date'"),
        (ref('identifier_limits'), '*', "identifier_type = 'anonymous_id'"),
        (ref('blocked_identifiers'), '*', "identifier_type in ('anonymous_id', 'shop_customer_id')"),
        (ref('device_evidence'), '*', 'true'),
    ])) -%}
    {%- if execute -%}
        {#- The engine's own hash, which its next version may change. -#}
        {%- do rules.append(run_query(rows_fingerprint('(select 1)')).columns[0].values()[0] | string) -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model'
            and (node.fqn[1] == 'identity' or node.name in ('web_session_events', 'web_sessions')) -%}
            {%- do rules.append(node.name ~ ' ' ~ node.checksum.checksum) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(local_md5(rules | map('string') | sort | join(' '))) }}
{%- endmacro %}

{#- The limits and blocked values, as a text to compare: a change of them concerns the values that they judge otherwise. -#}
{% macro identity_limits() -%}
    {{ return(_seeds_fingerprint([
        (ref('identifier_limits'), '*', 'true'),
        (ref('blocked_identifiers'), '*', 'true'),
    ])) }}
{%- endmacro %}

{% macro _seeds_fingerprint(parts) -%}
    {%- set found = [] -%}
    {%- for seed, columns, condition in parts if execute and load_relation(seed) -%}
        {%- set rows = rows_fingerprint('(select ' ~ columns ~ ' from ' ~ seed ~ ' where ' ~ condition ~ ')') -%}
        {%- do found.append(run_query(rows).columns[0].values()[0] | string) -%}
    {%- endfor -%}
    {{ return(found | join(' ')) }}
{%- endmacro %}

{#- Why a run has to look at everything whatever was found before; none when nothing says so. -#}
{% macro full_run_because() -%}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- if target.type != 'duckdb' -%}{{ return('engine') }}{%- endif -%}
    {%- if flags.FULL_REFRESH -%}{{ return('full_refresh') }}{%- endif -%}
    {%- for node in graph.nodes.values()
        if node.config.materialized == 'scoped' or node.name == 'ledger_customer_id_assignments' -%}
        {%- if adapter.get_relation(node.database, node.schema, node.alias) is none -%}
            {{ return('missing_table') }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
