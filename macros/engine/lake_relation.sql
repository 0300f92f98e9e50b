{#- The folder of a raw table: <lake>/<source>/<table>. -#}
{% macro lake_folder(source, table) -%}
    {{ return(env_var('PENPAL_LAKE', 'lake').rstrip('/') ~ '/' ~ source ~ '/' ~ table) }}
{%- endmacro %}

{#-
    What to select from for a raw table of the lake: any number of Parquet, CSV and JSON-lines files, also mixed,
    united by column name; none when the folder is absent. Files whose name starts with . or _ are skipped.
-#}
{% macro lake_relation(source, table) -%}
    {{ return(adapter.dispatch('lake_relation', 'penpal')(source, table)) }}
{%- endmacro %}

{% macro duckdb__lake_relation(source, table) -%}
    {%- set folder = lake_folder(source, table) -%}
    {%- set files = run_query(
        'select file from glob(' ~ dbt.string_literal(dbt.escape_single_quotes(folder ~ '/**')) ~ ') order by file'
    ).columns[0].values() -%}
    {%- set kinds = {'parquet': [], 'csv': [], 'json': [], 'skip': []} -%}
    {%- for file in files -%}{%- do kinds[_file_kind(source, table, file)].append(file) -%}{%- endfor -%}
    {%- set parts = [] -%}
    {%- if kinds.parquet -%}
        {%- do parts.append(
            "select * from read_parquet(" ~ _file_list(kinds.parquet) ~ ", union_by_name = true)"
        ) -%}
    {%- endif -%}
    {%- if kinds.csv -%}
        {%- do parts.append(
            "select * from read_csv(" ~ _file_list(kinds.csv)
            ~ ", header = true, all_varchar = true, union_by_name = true, quote = '\"', escape = '\"')"
        ) -%}
    {%- endif -%}
    {%- if kinds.json -%}
        {%- set files = _file_list(kinds.json) ~ ", format = 'newline_delimited'" -%}
        {%- set columns = [] -%}
        {%- for row in run_query("describe select * from read_json(" ~ files ~ ", union_by_name = true)") -%}
            {%- do columns.append("'" ~ row[0] | replace("'", "''") ~ "': 'varchar'") -%}
        {%- endfor -%}
        {%- do parts.append(
            "select * from read_json(" ~ files ~ ", columns = {" ~ columns | join(', ') ~ "})"
        ) -%}
    {%- endif -%}
    {{ return('(' ~ parts | join(' union all by name ') ~ ')' if parts else none) }}
{%- endmacro %}

{% macro _file_list(files) -%}
    {%- set quoted = [] -%}
    {%- for file in files -%}{%- do quoted.append(dbt.string_literal(dbt.escape_single_quotes(file))) -%}{%- endfor -%}
    {{ return('[' ~ quoted | join(', ') ~ ']') }}
{%- endmacro %}

{#- Names of the columns of what lake_relation gave. -#}
{% macro lake_columns(relation) -%}
    {{ return(run_query('describe select * from ' ~ relation).columns[0].values() | list) }}
{%- endmacro %}

{#-
    Spark lists the lake with its binaryFile source (paths only, no content is read) and reads each file with its own
    schema; the parts are united by name here, because a set of CSV files with different headers cannot be otherwise.
-#}
{% macro spark__lake_relation(source, table) -%}
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
            {%- do views.update({view: columns}) -%}
            {%- for column in columns if column not in all_columns -%}{%- do all_columns.append(column) -%}{%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for view, columns in views.items() -%}
        {%- set fields = [] -%}
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
