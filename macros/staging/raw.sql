{#-
    The raw contract meets the data here, and nowhere else. A base model says
        {{ read_raw('crm', 'contacts') }}
    and gets every column of its own YAML as trimmed text ('' becomes null), in the YAML's order; then the position
    of the row, source_file and source_line, and source_fault: why its record cannot be read (null: it can).
-#}
{% macro read_raw(source, table) -%}
    {%- set where = var('raw_data') -%}
    {%- set listed = source in raw_sources() -%}
    {{- config(materialized=lake_materialization() if where == 'lake' and listed else 'view', access='private') -}}
    {%- if where == 'sample' and listed -%}
        {%- set seed = ref('raw_' ~ source ~ '__' ~ table) -%}
    {%- endif -%}
    {%- if not execute or not model.columns -%}
        select 1 as not_compiled
    {%- elif not listed -%}
        {{ _empty_raw() }}
    {%- else -%}
        {%- if where == 'sample' -%}
            {%- set place = 'seed raw_' ~ source ~ '__' ~ table -%}
            {%- set relation = seed -%}
            {%- set found = _relation_columns(seed) -%}
        {%- elif where == 'warehouse' -%}
            {%- set place = 'table ' ~ source ~ '.' ~ table -%}
            {%- set relation = adapter.get_relation(target.database, source, table) -%}
            {%- set found = _relation_columns(relation) if relation else [] -%}
        {%- else -%}
            {%- set place = lake_folder(source, table) -%}
            {%- set relation = lake_relation(
                source,
                table,
                _spelled_columns(),
                _required_columns(),
                model.config.meta.get('unreadable_files') == 'set aside'
            ) -%}
            {%- set found = lake_columns(relation) if relation else [] -%}
        {%- endif -%}
        {%- if relation -%}
            {%- set position = {
                'lake': lake_position(),
                'sample': ["'raw_" ~ source ~ '__' ~ table ~ ".csv'", seed_line(), 'null'],
                'warehouse': ['null', 'null', 'null'],
            }[where] -%}
            {{ _check_raw_columns(source, table, place, found) }}
            {{- select_raw(relation, found, position, model.columns.values() | list) }}
        {%- elif model.config.meta.get('required_table')
            and not _has_raw_table(source, model.config.meta.get('required_unless')) -%}
            {{ exceptions.raise_compiler_error(
                source ~ '.' ~ table ~ ' is missing: ' ~ place ~ ' is not there or is empty, and source ' ~ source
                ~ ' is listed. Put the export there, or leave ' ~ source ~ ' out of the var `sources`.'
            ) }}
        {%- else -%}
            {{ _empty_raw() }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- Where a row of the lake stands. -#}
{% macro lake_position() -%}
    {{ return(['penpal_file', 'penpal_line', 'penpal_fault']) }}
{%- endmacro %}


{% macro _required_columns() -%}
    {%- set required = [] -%}
    {%- for column in model.columns.values() if column.config.get('meta', {}).get('required') -%}
        {%- do required.append(column.name) -%}
    {%- endfor -%}
    {{ return(required) }}
{%- endmacro %}


{#- Whether another table of the source is there, which makes up for one that is not. -#}
{% macro _has_raw_table(source, table) -%}
    {%- if not table -%}
        {{ return(false) }}
    {%- elif var('raw_data') == 'lake' -%}
        {{ return(lake_relation(source, table) is not none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(target.database, source, table) is not none) }}
{%- endmacro %}


{#- The var `sources` as a list; an unknown name is an error, because a typo would silently read as empty. -#}
{% macro raw_sources() -%}
    {%- set listed = var('sources') -%}
    {%- set listed = listed.split(',') | map('trim') | list if listed is string else listed -%}
    {%- set known = raw_tables() | map('first') | unique | list -%}
    {%- for source in listed if source not in known -%}
        {{ exceptions.raise_compiler_error(
            "var sources names '" ~ source ~ "': the sources are " ~ known | join(', ') ~ "."
        ) }}
    {%- endfor -%}
    {{ return(listed) }}
{%- endmacro %}


{% macro _relation_columns(relation) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | list) }}
{%- endmacro %}


{#- Stops at a missing required column; tells of columns that the contract does not know. -#}
{% macro _check_raw_columns(source, table, place, found) -%}
    {%- set names = found | reject('in', lake_position()) | map('lower')
        | map('trim') | list -%}
    {%- set spelled, there = _spelled_columns(), [] -%}
    {%- for name in names if name in spelled -%}{%- do there.append(spelled[name]) -%}{%- endfor -%}
    {%- set missing = _required_columns() | reject('in', there) | list -%}
    {%- set unknown = names | reject('in', spelled) | list -%}
    {%- if missing -%}
        {#- A file without a header has somebody's values there: nothing is repeated that may be one. -#}
        {%- set known = names | select('in', model.columns.keys() | list) | list -%}
        {{ exceptions.raise_compiler_error(
            source ~ '.' ~ table ~ ' lacks the required column' ~ ('s ' if missing | length > 1 else ' ')
            ~ missing | join(', ') ~ ' (' ~ place ~ (
                ' has: ' ~ _shown(names if unknown | length <= known | length else known)
                if known else ' has none of the contract: is the first line the header?'
            ) ~ ').'
        ) }}
    {%- endif -%}
    {%- for name in unknown if modules.re.sub(' \\(\\d+\\)$', '', name) in model.columns -%}
        {{ exceptions.raise_compiler_error(
            source ~ '.' ~ table ~ ' names a column twice in one file: ' ~ modules.re.sub(' \\(\\d+\\)$', '', name)
            ~ ' (' ~ place ~ '). Keep the one that is meant.'
        ) }}
    {%- endfor -%}
    {%- if unknown -%}
        {%- do log(
            source ~ '.' ~ table ~ ': not in the contract, ignored: ' ~ _shown(unknown), info=true
        ) -%}
    {%- endif -%}
{%- endmacro %}


{#- Names that can be printed, as scripts/penpal/terminal.py does: they come from files. -#}
{% macro _shown(names) -%}
    {%- for name in names -%}
        {{- ', ' if not loop.first -}}
        {%- for character in name[:60] -%}
            {{- character if character.isprintable() else '\ufffd' -}}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}


{#- The columns of the contract by each name that they may have, lower-case: their own, and those of `also` in their YAML that are no path. -#}
{% macro _spelled_columns() -%}
    {%- set spelled = {} -%}
    {%- for column in model.columns.values() -%}
        {%- for name in spellings_of(column) -%}{%- do spelled.update({name: column.name}) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(spelled) }}
{%- endmacro %}

{% macro spellings_of(column) -%}
    {%- set spellings = [column.name] -%}
    {%- for name in column.config.get('meta', {}).get('also', []) if '.' not in name -%}
        {%- do spellings.append(name | lower) -%}
    {%- endfor -%}
    {{ return(spellings) }}
{%- endmacro %}


{#-
    Each of the columns (as their YAML has them) as trimmed text, out of those that were found: from the first
    spelling that has a value; and the position. A path of `also` (context.page.url: JSON text, then keys) is followed
    only in rows whose key is spelled the other way, so that no other row is parsed for it.
-#}
{% macro select_raw(relation, found, position, columns) -%}
    {%- set actual = {} -%}
    {%- for name in found -%}{%- do actual.update({name | lower | trim: name}) -%}{%- endfor -%}
    {%- set other_keys = spellings_of(columns[0])[1:] | select('in', actual) | list -%}
    select
        {%- for column in columns %}
        {{ _raw_value(column, actual, other_keys) }} as {{ adapter.quote(column.name) }},
        {%- endfor %}
        {{ _position(position) }}
    from {{ relation }}
{%- endmacro %}

{% macro _raw_value(column, actual, other_keys) -%}
    {%- set texts, values = [], [] -%}
    {%- for name in [column.name] + column.config.get('meta', {}).get('also', []) -%}
        {%- set outer, dot, path = name.partition('.') -%}
        {%- if outer | lower in actual -%}
            {%- set text = 'cast(' ~ adapter.quote(actual[outer | lower]) ~ ' as ' ~ dbt.type_string() ~ ')' -%}
            {%- if not path -%}
                {%- do texts.append(text) -%}
            {%- elif other_keys -%}
                {%- set key = adapter.quote(actual[other_keys[0]]) -%}
                {%- do texts.append('case when ' ~ key ~ ' is not null then ' ~ json_text(text, path) ~ ' end') -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for text in texts -%}{%- do values.append("nullif(" ~ trim_blanks(text) ~ ", '')") -%}{%- endfor -%}
    {%- if values | length > 1 -%}
        coalesce({{ values | join(', ') }})
    {%- else -%}
        {{ values[0] or 'cast(null as ' ~ dbt.type_string() ~ ')' }}
    {%- endif -%}
{%- endmacro %}


{% macro _empty_raw() -%}
    select
        {%- for name in model.columns %}
        cast(null as {{ dbt.type_string() }}) as {{ adapter.quote(name) }},
        {%- endfor %}
        {{ _position(['null', 'null', 'null']) }}
    where 1 = 0
{%- endmacro %}


{% macro _position(expressions) -%}
    cast({{ expressions[0] }} as {{ dbt.type_string() }}) as source_file,
        cast({{ expressions[1] }} as {{ dbt.type_bigint() }}) as source_line,
        cast({{ expressions[2] }} as {{ dbt.type_string() }}) as source_fault
{%- endmacro %}
