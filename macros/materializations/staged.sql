{#-
    A checked_ model, as a function of the files of the lake: what came before decide_fates() is computed once a file and kept,
    what decide_fates() does is done in each run. The same rows as the model's SQL gives, which is what is built where rows
    have no files to come from, and on engines that keep none.
-#}
{% materialization staged, default %}
    {% do begin_model() %}
    {% set relation = this.incorporate(type='table') %}
    {% set existing = load_cached_relation(this) %}
    {% if keeps_rows(staged_table()[0]) %}
        {% set relation = this.incorporate(type='view') %}
        {% do stage_files(relation, existing, sql) %}
    {% else %}
        {% do replace_table(relation, existing, sql) %}
        {% do forget_rows(this) %}
    {% endif %}
    {{ return(finished_model(relation)) }}
{% endmaterialization %}


{#- What decide_fates() was told, for the materialization; nothing where it does not ask. -#}
{% macro fates_comment(fates) -%}
    {%- if model.config.materialized == 'staged' and keeps_rows(staged_table()[0]) -%}
        /* decide_fates: {{ tojson(fates) }} */
    {% endif -%}
{%- endmacro %}

{#- What stands before the comment, as a complete list of CTEs; and what the comment says. -#}
{% macro parts_of_staged(sql) -%}
    {%- set before, after = sql.split('/* decide_fates: ', 1) -%}
    {%- set rows = before | trim | trim(',') -%}
    {%- if as_of_text() in rows -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ ': as_of() stands before decide_fates(), where no clock is known: move it into by_clock.'
        ) }}
    {%- endif -%}
    {{ return((rows, fromjson(after.split(' */', 1)[0]))) }}
{%- endmacro %}

{#-
    A query of the rows that are kept: all that decide_fates() needs of them. `files` is a relation of file and version;
    `keep_all` keeps each row as it came in, too, not only of those that are rejected at once.
-#}
{% macro rows_to_keep(rows, fates, files, keep_all=false) -%}
    {{ rows }}
    select
        {{ fates['keys'] | join(', ') }},
        {{ (fates['columns'] + fates.also) | join(',\n        ') }},
        reject_reason,
        cast({{ row_content(fates) }} as uuid) as kept_content,
        case when {{ 'true' if keep_all else 'reject_reason is not null' }} then {{ row_as_json(fates.raw) }} end
            as kept_row,
        {{ 'reject_reason is null' if keep_all else 'false' }} as has_copies,
        source_file,
        source_line,
        files.version as source_version
    from judged
    inner join {{ files }} as files on judged.source_file = files.file
{%- endmacro %}

{#- What a checked_ model delivers of the rows that share their key with others. -#}
{% macro rows_with_copies(fates, kept) -%}
    {%- set keys = fates['keys'] | join(', ') -%}
    with judged as (select * from {{ kept }} where has_copies),

    repeated_keys as (select {{ keys }} from judged group by {{ keys }}),

    {{ order_copies(fates, 'cast(kept_content as varchar)') }},

    {{ select_fates(fates, 'kept_row') }}
{%- endmacro %}

{#- What a checked_ model delivers: of most rows, as they are kept. -#}
{% macro staged_rows(fates, kept, with_copies) -%}
    with copies as (
        select
            judged.*,
            cast(null as varchar) as content_hash,
            1 as copy_number,
            cast(null as varchar) as kept_hash
        from {{ kept }} as judged
        where not has_copies and {{ is_seen('judged.received_at') }}
    ),

    {{ select_fates(fates, 'kept_row') }}
    union all
    select * from {{ with_copies }}
{%- endmacro %}
