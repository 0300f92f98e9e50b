{#- The folder of a raw table: <lake>/<source>/<table>. -#}
{% macro lake_folder(source, table) -%}
    {{ return(env_var('PENPAL_LAKE', 'lake').rstrip('/') ~ '/' ~ source ~ '/' ~ table) }}
{%- endmacro %}

{#-
    What to select from for a raw table of the lake: any number of Parquet, CSV and JSON files, also mixed, united by
    column name, each value as text as it would be if its file stood alone; none when the folder is absent. A file that has none of
    `columns` (where these are given) has no header; one without a column of `required`, which others have, cannot be used. A file that
    cannot be read is set aside (`sets_aside`), or stops the run. Every row has penpal_file (its file, from the table's folder on),
    penpal_line (its line there, or its number) and penpal_fault (why its record cannot be read, else null).
-#}
{% macro lake_relation(source, table, columns={}, required=[], sets_aside=false) -%}
    {{ return(adapter.dispatch('lake_relation', 'penpal')(source, table, columns, required, sets_aside)) }}
{%- endmacro %}

{#-
    Text files are read by scripts/penpal/lake, which guesses nothing; DuckDB reads what that made of them. No column
    comes from the name of a folder, and no name of a file is a pattern.
-#}
{% macro duckdb__lake_relation(source, table, columns, required, sets_aside) -%}
    {%- set rules = tojson({
        'columns': columns,
        'required': required,
        'sets_aside': sets_aside and not var('lake_strict'),
        'settle_seconds': var('lake_settle_seconds'),
        'most_parts': var('lake_most_parts'),
    }) -%}
    {%- set lake = fromjson(run_query(
        'select read_lake(' ~ dbt.string_literal(dbt.escape_single_quotes(lake_folder(source, table))) ~ ", '"
        ~ source ~ '__' ~ table ~ "', " ~ dbt.string_literal(dbt.escape_single_quotes(rules)) ~ ')'
    ).columns[0].values()[0]) -%}
    {%- if lake.error -%}{{ exceptions.raise_compiler_error(source ~ '.' ~ table ~ ': ' ~ lake.error) }}{%- endif -%}
    {%- for note in lake.notes[:20] -%}{%- do log(source ~ '.' ~ table ~ ': ' ~ note, info=true) -%}{%- endfor -%}
    {%- if lake.notes | length > 20 -%}
        {%- do log(source ~ '.' ~ table ~ ': and ' ~ (lake.notes | length - 20) ~ ' more', info=true) -%}
    {%- endif -%}
    {{ return(lake_rows(lake.files, lake.folder)) }}
{%- endmacro %}

{#-
    The rows of files of the lake, as the reader told of them (file, kind, columns, types, paths). Parquet files of one
    schema are read together and turned to text by themselves: what else is in the lake changes no value.
-#}
{% macro lake_rows(files, folder) -%}
    {%- set texts, schemas, parts = [], {}, [] -%}
    {%- for file in files -%}
        {%- if file.kind == 'text' -%}
            {%- do texts.extend(file.paths) -%}
        {%- elif file.columns -%}
            {%- set schema = tojson([file.columns, file.types]) -%}
            {%- do schemas.setdefault(schema, []).extend(file.paths) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for schema, paths in schemas.items() -%}
        {%- set seen, fields = {}, [] -%}
        {%- for column in fromjson(schema)[0] -%}
            {%- set name = column | trim | lower -%}
            {%- do seen.update({name: seen.get(name, 0) + 1}) -%}
            {%- do fields.append(
                'cast(' ~ adapter.quote(column | replace('"', '""')) ~ ' as varchar) as '
                ~ adapter.quote((name if seen[name] == 1 else name ~ ' (' ~ seen[name] ~ ')') | replace('"', '""'))
            ) -%}
        {%- endfor -%}
        {%- do parts.append(
            'select substr(penpal_path, ' ~ (folder | length + 2) ~ ') as penpal_file, '
            ~ 'file_row_number + 1 as penpal_line, cast(null as varchar) as penpal_fault, '
            ~ fields | join(', ') ~ ' from read_parquet(' ~ _file_list(paths)
            ~ ", hive_partitioning = false, filename = 'penpal_path')"
        ) -%}
    {%- endfor -%}
    {%- if texts -%}
        {%- do parts.append(
            'select * from read_parquet(' ~ _file_list(texts | unique)
            ~ ', union_by_name = true, hive_partitioning = false)'
        ) -%}
    {%- endif -%}
    {{ return('(' ~ parts | join(' union all by name ') ~ ')' if parts else none) }}
{%- endmacro %}

{#- Paths as a list of SQL; read_parquet takes each for a pattern, in which [*] is an asterisk. -#}
{% macro _file_list(files) -%}
    {%- set quoted = [] -%}
    {%- for file in files -%}
        {%- set pattern = modules.re.sub('([*?[])', '[\\1]', file) -%}
        {%- do quoted.append(dbt.string_literal(dbt.escape_single_quotes(pattern))) -%}
    {%- endfor -%}
    {{ return('[' ~ quoted | join(', ') ~ ']') }}
{%- endmacro %}

{#- Where a row stands in the seeds of the sample; the header is line 1 of a seed. -#}
{% macro seed_line() -%}
    {{ return(adapter.dispatch('seed_line', 'penpal')()) }}
{%- endmacro %}

{% macro duckdb__seed_line() -%}
    {{ return('row_number() over (order by rowid) + 1') }}
{%- endmacro %}

{% macro spark__seed_line() -%}
    {{ return('cast(null as bigint)') }}
{%- endmacro %}

{#- Files of a raw table and records in them, counted in the files themselves; nulls where the engine cannot say. -#}
{% macro lake_counts(source, table) -%}
    {{ return(adapter.dispatch('lake_counts', 'penpal')(source, table)) }}
{%- endmacro %}

{% macro duckdb__lake_counts(source, table) -%}
    select count(*) as files, coalesce(sum(records), 0) as records
    from {{ lake_ledger(source, table) }}
    where state = 'taken'
{%- endmacro %}

{#- The ledger of a raw table's files, which the reader wrote (scripts/penpal/lake/ledger.py). -#}
{% macro lake_ledger(source, table) -%}
    {%- set warehouse = modules.re.sub('[.][^./]*$', '', target.path) -%}
    read_parquet('{{ dbt.escape_single_quotes(warehouse) }}.lake/{{ source }}__{{ table }}/files.parquet')
{%- endmacro %}

{#- The files of raw tables, as the ledgers have them; of none where the engine keeps no ledger. -#}
{% macro lake_ledgers(tables) -%}
    {{ return(adapter.dispatch('lake_ledgers', 'penpal')(tables)) }}
{%- endmacro %}

{% macro duckdb__lake_ledgers(tables) -%}
    {%- for source, table in tables %}
    select
        '{{ source }}' as source,
        '{{ table }}' as source_table,
        file,
        state,
        reason,
        records,
        size as size_bytes,
        make_timestamp(modified_ns // 1000) as modified_at,
        sha256,
        nullif(array_to_string(notes, '; '), '') as notes
    from {{ lake_ledger(source, table) }}
    {{ 'union all' if not loop.last }}
    {%- else -%}
    {{ spark__lake_ledgers(tables) }}
    {%- endfor %}
{%- endmacro %}

{% macro spark__lake_ledgers(tables) -%}
    select
        {%- for column in ['source', 'source_table', 'file', 'state', 'reason', 'sha256', 'notes'] %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        cast(null as {{ dbt.type_bigint() }}) as records,
        cast(null as {{ dbt.type_bigint() }}) as size_bytes,
        cast(null as timestamp) as modified_at
    where 1 = 0
{%- endmacro %}

{% macro spark__lake_counts(source, table) -%}
    select cast(null as bigint) as files, cast(null as bigint) as records
{%- endmacro %}

{#- Names of the columns of what lake_relation gave. -#}
{% macro lake_columns(relation) -%}
    {{ return(run_query('describe select * from ' ~ relation).columns[0].values() | list) }}
{%- endmacro %}

{#-
    Spark lists the lake with its binaryFile source (paths only, no content is read) and reads each file with its own
    schema; the parts are united by name here, because a set of CSV files with different headers cannot be otherwise.
    Its own reader is behind them: it has no faults to tell of, and numbers the rows instead of the lines.
-#}
{% macro spark__lake_relation(source, table, columns, required, sets_aside) -%}
    {%- set folder = lake_folder(source, table) -%}
    {%- do run_query(
        "create or replace temporary view lake_files using binaryFile options (path '"
        ~ env_var('PENPAL_LAKE', 'lake') ~ "', recursiveFileLookup 'true')"
    ) -%}
    {%- set paths = run_query(
        "select path from lake_files where path like '%" ~ folder ~ "/%' order by path"
    ).columns[0].values() -%}
    {%- set views, all_columns = {}, [] -%}
    {%- for path in paths -%}
        {%- set options = {
            'parquet': 'parquet options (',
            'csv': "csv options (header 'true', multiLine 'true', escape '\"', ",
            'json': "json options (primitivesAsString 'true', ",
        }.get(_file_kind(source, table, path)) -%}
        {%- if options -%}
            {%- set view = 'lake_' ~ source ~ '_' ~ table ~ '_' ~ loop.index -%}
            {%- do run_query(
                'create or replace temporary view ' ~ view ~ ' using ' ~ options ~ "path '" ~ path ~ "')"
            ) -%}
            {%- set columns = lake_columns(view) -%}
            {%- do views.update({view: (path, columns)}) -%}
            {%- for column in columns if column not in all_columns -%}{%- do all_columns.append(column) -%}{%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for view, (path, columns) in views.items() -%}
        {%- set file = path.split(folder ~ '/', 1)[1] -%}
        {%- set fields = [
            dbt.string_literal(dbt.escape_single_quotes(file)) ~ ' as penpal_file',
            'monotonically_increasing_id() + 1 as penpal_line',
            'cast(null as string) as penpal_fault',
        ] -%}
        {%- for column in all_columns -%}
            {%- do fields.append(
                'cast(' ~ ('`' ~ column ~ '`' if column in columns else 'null') ~ ' as string) as `' ~ column ~ '`'
            ) -%}
        {%- endfor -%}
        {%- do parts.append('select ' ~ fields | join(', ') ~ ' from ' ~ view) -%}
    {%- endfor -%}
    {{ return('(' ~ parts | join(' union all ') ~ ')' if parts else none) }}
{%- endmacro %}

{#- parquet, csv, json, or skip; any other file stops the run. -#}
{% macro _file_kind(source, table, path) -%}
    {%- set name = modules.re.sub('\.gz$', '', path | lower) -%}
    {%- if name.split('/')[-1].startswith(('.', '_')) -%}{{ return('skip') }}
    {%- elif name.endswith('.parquet') -%}{{ return('parquet') }}
    {%- elif name.endswith('.csv') -%}{{ return('csv') }}
    {%- elif name.endswith(('.json', '.jsonl', '.ndjson')) -%}{{ return('json') }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(
        source ~ '.' ~ table ~ ' has a file of an unknown kind: ' ~ path
        ~ '. Give .parquet, .csv, .json, .jsonl or .ndjson (the last four also with .gz).'
    ) }}
{%- endmacro %}


{#- How a base model over the lake is kept: Spark's view may not stand on the temporary views that read the files. -#}
{% macro lake_materialization() -%}
    {{ return(adapter.dispatch('lake_materialization', 'penpal')()) }}
{%- endmacro %}

{% macro duckdb__lake_materialization() -%}
    {{ return('view') }}
{%- endmacro %}

{% macro spark__lake_materialization() -%}
    {{ return('table') }}
{%- endmacro %}
