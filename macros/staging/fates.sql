{#-
    The moment of receipt: of the columns that raw_tables() names, the first one that can be read. A row is seen when that is
    not after as_of(); one whose time cannot be read at all counts as seen.
-#}
{% macro received_at(source, table) -%}
    coalesce(
        {%- for row in raw_tables() if row[:2] == [source, table] %}
        {%- for column in row[3] %}
        {{ parse_timestamp(column) }},
        {%- endfor %}
        {%- endfor %}
        cast(null as timestamp), cast(null as timestamp)
    )
{%- endmacro %}

{#- Where-condition of a seen row. -#}
{% macro is_seen(received_at) -%}
    ({{ received_at }} is null or {{ received_at }} <= {{ as_of() }})
{%- endmacro %}

{#-
    'a as raw_a, b as raw_b': the raw text travels along, for reject reasons and the rejected row itself; with it the
    row's position, and its fault where its record could not be read.
-#}
{% macro raw_columns(columns) -%}
    {%- for column in columns -%}
    {{ column }} as raw_{{ column }},
        {% endfor -%}
    source_file,
        source_line,
        source_fault
{%- endmacro %}

{#- Branches of the case that gives reject_reason: a required column that is missing or cannot be read. -#}
{% macro missing_or_bad(column, parsed=none) -%}
    when raw_{{ column }} is null then 'missing {{ column }}'
        when {{ parsed or column }} is null then 'bad {{ column }}'
{%- endmacro %}

{#-
    The end of every checked_ model: decides the fate of each row of the CTE `judged` and selects
    key, columns, fate, reject_reason, is_superseded, raw_row, source_file, source_line.

    keep='first': append-only. Of several rows with one key the first received is staged; one of the same content is a
    duplicate, one of other content is rejected as key_reused.
    keep='newest': the greatest `version`, then the last received, is staged; the others are duplicates, and superseded
    where their content differs.
    What is received at one moment, or at none that is known, stands in the order of file and line.
    `content` says which columns make two rows the same: not those of the transport, which change on resending.
    `by_clock` has what a column becomes that depends on as_of: {column: expression}, of the columns and of those in `also`.
    Only repeated keys go through the window, which is what makes this cheap on many rows. Where the key is a raw
    column as it stands, `repeated_in` names the CTE and the column to count it in: that reads one column again
    instead of parsing every row again.

    Everything before this is a function of one row and of the rules, and knows no clock: the materialization `staged` keeps
    it, file by file, and finds what it needs of this macro in the comment.
-#}
{% macro decide_fates(key, columns, raw, keep, content=none, version=none, repeated_in=none, by_clock={}, also=[]) -%}
    {{- config(access='private') -}}
    {%- set keys = [key] if key is string else key -%}
    {%- set fates = {
        'keys': keys,
        'columns': columns,
        'content': content or columns | reject('in', _transport()) | list,
        'raw': raw,
        'keep': keep,
        'version': version,
        'by_clock': by_clock,
        'also': also,
    } -%}
    {{ fates_comment(fates) }}repeated_keys as (
        {%- if repeated_in %}
        select {{ whole_id(repeated_in[1]) }} as {{ keys[0] }}
        from {{ repeated_in[0] }}
        where {{ repeated_in[1] }} is not null
        group by {{ whole_id(repeated_in[1]) }}
        {%- else %}
        select {{ keys | join(', ') }}
        from judged
        where reject_reason is null
        group by {{ keys | join(', ') }}
        {%- endif %}
        having count(*) > 1
    ),
    {{ order_copies(fates, row_content(fates)) }},
    {{ select_fates(fates, row_as_json(raw)) }}
{%- endmacro %}

{#-
    CTEs from `judged` and `repeated_keys` to `copies`: each row that is seen, with its number among the copies of its key and the
    content of the first of them (nulls where there is one). `content` is the expression of a row's content.
-#}
{% macro order_copies(fates, content) -%}
    marked as {{ inline_cte() }} (
        select
            judged.*,
            -- A key that row_key made (id~hash) is not in the column that was counted.
            (repeated_keys.{{ fates['keys'][0] }} is not null or judged.{{ fates['keys'][0] }} like '%~%')
            and judged.reject_reason is null as is_repeated
        from judged
        left join repeated_keys
            on {% for column in fates['keys'] -%}
            {{ ' and ' if not loop.first }}judged.{{ column }} = repeated_keys.{{ column }}
            {%- endfor %}
        where {{ is_seen('judged.received_at') }}
    ),

    hashed as (
        select
            marked.*,
            {{ content }}{{ _content_by_clock(fates) }} as content_hash
        from marked
        where is_repeated
    ),

    ordered as (
        select
            hashed.*,
            row_number() over copies as copy_number,
            first_value(content_hash) over copies as kept_hash
        from hashed
        window copies as (
            partition by {{ fates['keys'] | join(', ') }}
            order by {{ _copy_order(fates) }}
        )
    ),

    copies as {{ inline_cte() }} (
        select
            marked.*,
            cast(null as {{ dbt.type_string() }}) as content_hash,
            1 as copy_number,
            cast(null as {{ dbt.type_string() }}) as kept_hash
        from marked
        where not is_repeated
        union all
        select * from ordered
    )
{%- endmacro %}

{#- From `copies` to what a checked_ model delivers; raw_row is the expression of a row's JSON. -#}
{% macro select_fates(fates, raw_row) -%}
    fates as {{ inline_cte() }} (
        select
            copies.*,
            case
                when reject_reason is not null then 'rejected'
                when copy_number = 1 then 'staged'
                {%- if fates.keep == 'first' %}
                when content_hash != kept_hash then 'rejected'
                {%- endif %}
                else 'duplicate'
            end as fate
        from copies
    )

    select
        {%- for column in fates['keys'] + fates.columns %}
        {{ fates.by_clock[column] ~ ' as ' ~ column if column in fates.by_clock else column }},
        {%- endfor %}
        fate,
        {%- if fates.keep == 'first' %}
        case when fate = 'rejected' then coalesce(reject_reason, 'key_reused') end as reject_reason,
        false as is_superseded,
        {%- else %}
        reject_reason,
        coalesce(content_hash != kept_hash, false) as is_superseded,
        {%- endif %}
        case when fate = 'rejected' then {{ raw_row }} end as raw_row,
        source_file,
        source_line
    from fates
{%- endmacro %}

{#- The content of a row of `judged`, as a hash; but for what depends on the clock. -#}
{% macro row_content(fates) -%}
    md5(
        {%- for column in fates.content | reject('in', fates.by_clock) %}
        {{ '|| ' if not loop.first }}coalesce(cast({{ column }} as {{ dbt.type_string() }}), '␀') || '␟'
        {%- endfor %}
    )
{%- endmacro %}

{#- What is added to it of columns that depend on the clock. -#}
{% macro _content_by_clock(fates) -%}
    {%- for column in fates.content | select('in', fates.by_clock) %}
            || '␟' || coalesce(cast({{ fates.by_clock[column] }} as {{ dbt.type_string() }}), '␀')
    {%- endfor %}
{%- endmacro %}

{#- A row of `judged` as it came in, as JSON. -#}
{% macro row_as_json(raw) -%}
    {%- set fields = {} -%}
    {%- for column in raw -%}{% do fields.update({column: 'raw_' ~ column}) %}{%- endfor -%}
    {{ json_object(fields) }}
{%- endmacro %}

{#- Columns that do not tell versions apart: raw text stands there in its standard form too. -#}
{% macro _transport() -%}
    {{ return(['received_at', 'raw_email', 'raw_additional_emails', 'quality_flags']) }}
{%- endmacro %}

{#- A total order: where no position is known, copies that came at one moment still differ in transport times. -#}
{% macro _copy_order(fates) -%}
    {%- set received_at = fates.by_clock.get('received_at', 'received_at') -%}
    {%- if fates.keep == 'first' -%}
        {{ received_at }} asc nulls last, source_file asc, source_line asc, content_hash asc
    {%- else -%}
        {{ fates.version ~ ' desc nulls last, ' if fates.version }}{{ received_at }} desc nulls last,
                source_file desc, source_line desc, content_hash desc
    {%- endif -%}
    {%- for column in fates.columns -%}
    , {{ column }} asc nulls last
    {%- endfor -%}
{%- endmacro %}

{#- An instant that lies after the receipt of its row is taken as the receipt: clocks run ahead, rows do not. -#}
{% macro not_after(instant, receipt) -%}
    case when {{ instant }} > {{ receipt }} then {{ receipt }} else {{ instant }} end
{%- endmacro %}
