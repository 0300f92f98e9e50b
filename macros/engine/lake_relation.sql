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
        "select file from glob('" ~ folder ~ "/**') order by file"
    ).columns[0].values() -%}
    {%- set parquet, csv, json, other = [], [], [], [] -%}
    {%- for file in files -%}
        {%- set name = modules.re.sub('\.gz$', '', file | lower) -%}
        {%- if name.split('/')[-1].startswith(('.', '_')) -%}
        {%- elif name.endswith('.parquet') -%}{%- do parquet.append(file) -%}
        {%- elif name.endswith('.csv') -%}{%- do csv.append(file) -%}
        {%- elif name.endswith(('.json', '.jsonl', '.ndjson')) -%}{%- do json.append(file) -%}
        {%- else -%}{%- do other.append(file) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if other -%}
        {{ exceptions.raise_compiler_error(
            source ~ '.' ~ table ~ ' has a file of an unknown kind: ' ~ other[0]
            ~ '. Give .parquet, .csv, .json, .jsonl or .ndjson (the last four also with .gz).'
        ) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- if parquet -%}
        {%- do parts.append("select * from read_parquet(" ~ _file_list(parquet) ~ ", union_by_name = true)") -%}
    {%- endif -%}
    {%- if csv -%}
        {%- do parts.append(
            "select * from read_csv(" ~ _file_list(csv)
            ~ ", header = true, all_varchar = true, union_by_name = true, quote = '\"', escape = '\"')"
        ) -%}
    {%- endif -%}
    {%- if json -%}
        {%- set files = _file_list(json) ~ ", format = 'newline_delimited'" -%}
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
    {%- for file in files -%}{%- do quoted.append("'" ~ file | replace("'", "''") ~ "'") -%}{%- endfor -%}
    {{ return('[' ~ quoted | join(', ') ~ ']') }}
{%- endmacro %}

{#- Names of the columns of what lake_relation gave. -#}
{% macro lake_columns(relation) -%}
    {{ return(run_query('describe select * from ' ~ relation).columns[0].values() | list) }}
{%- endmacro %}
