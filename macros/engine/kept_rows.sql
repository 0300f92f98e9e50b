{#- Whether what was made of the rows of a source's files is kept for the next run. -#}
{% macro keeps_rows(source) -%}
    {{ return(adapter.dispatch('keeps_rows', 'penpal')(source)) }}
{%- endmacro %}

{#- Rows of the sample and of tables of the warehouse belong to no file. -#}
{% macro duckdb__keeps_rows(source) -%}
    {{ return(
        var('raw_data') == 'lake' and source in raw_sources() and execute and model.resource_type != 'unit_test'
    ) }}
{%- endmacro %}

{#- Plain Parquet tables can be neither changed nor deleted from. -#}
{% macro spark__keeps_rows(source) -%}
    {{ return(false) }}
{%- endmacro %}


{#- Brings the rows that are kept up to the files of the lake, and makes the view that decides over them. -#}
{% macro stage_files(relation, existing, sql) -%}
    {{ return(adapter.dispatch('stage_files', 'penpal')(relation, existing, sql)) }}
{%- endmacro %}

{% macro duckdb__stage_files(relation, existing, sql) -%}
    {%- set rows, fates = parts_of_staged(sql) -%}
    {%- set kept, with_copies = kept_relation(relation), kept_relation(relation, 'copies') -%}
    {%- set version = _rules_version(rows, fates) -%}
    {%- do create_work_table('files', "select file, version from " ~ _ledger() ~ " where state = 'taken'") -%}
    {%- if flags.FULL_REFRESH or _version_of(kept) != version -%}
        {%- do run_query(
            'create or replace table ' ~ kept ~ ' as ' ~ rows_to_keep(rows, fates, work_table('files')) ~ ' limit 0;\n'
            ~ 'comment on table ' ~ kept ~ " is '" ~ version ~ "'"
        ) -%}
    {%- endif -%}
    {%- do run_query(
        'delete from ' ~ kept ~ ' where source_version not in (select version from ' ~ work_table('files') ~ ')'
    ) -%}
    {%- do create_work_table(
        'new_files',
        'select * from ' ~ work_table('files')
        ~ ' where version not in (select distinct source_version from ' ~ kept ~ ')'
    ) -%}
    {%- set new = _files_in(work_table('new_files')) -%}
    {%- if new -%}
        {%- set read = _over(rows, _raw_rows(new)) -%}
        {%- do run_query('insert into ' ~ kept ~ ' ' ~ rows_to_keep(read, fates, work_table('new_files'))) -%}
        {%- do run_query(_mark_copies(kept, fates['keys'] | join(', '))) -%}
        {%- if fates.keep == 'first' -%}{%- do _keep_what_contradicts(kept, rows, fates) -%}{%- endif -%}
    {%- endif -%}
    {%- do drop_work_tables(['files', 'new_files']) -%}
    {%- if existing and existing.type != 'view' -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
    {%- do run_query('create or replace table ' ~ with_copies ~ ' as ' ~ rows_with_copies(fates, kept)) -%}
    {% call statement('main') -%}
        create or replace view {{ relation }} as
        {# Without the database's name, which another file of the same warehouse has not. #}
        {{ staged_rows(fates, kept.include(database=false), with_copies.include(database=false)) }}
    {%- endcall %}
{%- endmacro %}

{#- Never asked for, since keeps_rows() says no. -#}
{% macro spark__stage_files(relation, existing, sql) -%}
    {{ exceptions.raise_compiler_error('No rows are kept on Spark.') }}
{%- endmacro %}


{#- Rows of the new files whose key others have, and those others. -#}
{% macro _mark_copies(kept, keys) -%}
    {%- set new_keys -%}
        select {{ keys }} from {{ kept }} where source_version in (select version from {{ work_table('new_files') }})
    {%- endset -%}
    update {{ kept }} set has_copies = true
    where
        not has_copies
        and reject_reason is null
        and ({{ keys }}) in (
            select ({{ keys }})
            from {{ kept }}
            where reject_reason is null and ({{ keys }}) in ({{ new_keys }})
            group by {{ keys }}
            having count(*) > 1
        )
{%- endmacro %}

{#-
    Of a key that is used for two things one row will be rejected; which, depends on as_of. All of them are kept as they came in, for
    which their lines are read again.
-#}
{% macro _keep_what_contradicts(kept, rows, fates) -%}
    {%- set keys = fates['keys'] | join(', ') -%}
    {%- set contradicting -%}
        select {{ keys }} from {{ kept }} where has_copies group by {{ keys }} having count(distinct kept_content) > 1
    {%- endset -%}
    {%- do create_work_table(
        'lines',
        'select distinct source_file, source_line, source_version as version from ' ~ kept
        ~ ' where has_copies and kept_row is null and (' ~ keys ~ ') in (' ~ contradicting ~ ')'
    ) -%}
    {%- set lines = '(select source_file, source_line from ' ~ work_table('lines') ~ ')' -%}
    {%- set files = _files_in(work_table('lines')) -%}
    {%- if files -%}
        {%- set read = _over(
            rows, 'select * from (' ~ _raw_rows(files) ~ ') where (source_file, source_line) in ' ~ lines
        ) -%}
        {%- do run_query('delete from ' ~ kept ~ ' where (source_file, source_line) in ' ~ lines) -%}
        {%- do run_query(
            'insert into ' ~ kept ~ ' ' ~ rows_to_keep(read, fates, work_table('files'), keep_all=true)
        ) -%}
    {%- endif -%}
    {%- do drop_work_tables(['lines']) -%}
{%- endmacro %}


{#- The tables behind a checked_ model: its rows; and those that share their key, with their fates. -#}
{% macro kept_relation(relation, name='rows') -%}
    {{ return(api.Relation.create(
        database=relation.database, schema=relation.schema, identifier=relation.identifier ~ '__' ~ name, type='table'
    )) }}
{%- endmacro %}

{% macro forget_rows(relation) -%}
    {{ return(adapter.dispatch('forget_rows', 'penpal')(relation)) }}
{%- endmacro %}

{% macro duckdb__forget_rows(relation) -%}
    {%- for name in ['rows', 'copies'] -%}
        {%- do run_query('drop table if exists ' ~ kept_relation(relation, name)) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro spark__forget_rows(relation) -%}
{%- endmacro %}


{#- The raw table of a checked_ model: its source and its name. -#}
{% macro staged_table() -%}
    {{ return(model.name.removeprefix('checked_').split('__')) }}
{%- endmacro %}

{#- The base_ model that a checked_ model reads. -#}
{% macro _base_node() -%}
    {%- set found = [] -%}
    {%- for id in model.depends_on.nodes if id.split('.')[-1] == 'base_' ~ staged_table() | join('__') -%}
        {%- do found.append(graph.nodes[id]) -%}
    {%- endfor -%}
    {{ return(found | first) }}
{%- endmacro %}

{#- The ledger of its raw table. -#}
{% macro _ledger() -%}
    {{ return(lake_ledger(*staged_table())) }}
{%- endmacro %}

{#- The model's SQL over other rows than those of its base_ model. -#}
{% macro _over(rows, raw_rows) -%}
    {%- set base = _base_node() -%}
    {{ return(rows | replace(
        api.Relation.create(database=base.database, schema=base.schema, identifier=base.alias) | string,
        '(' ~ raw_rows ~ ')'
    )) }}
{%- endmacro %}

{#- What the base_ model would give of these files alone. -#}
{% macro _raw_rows(files) -%}
    {%- set columns, found = _base_node().columns.values() | list, [] -%}
    {%- for file in files -%}{%- do found.extend(file.columns) -%}{%- endfor -%}
    {{ return(select_raw(lake_rows(files, files[0].folder), found, lake_position(), columns)) }}
{%- endmacro %}

{#-
    What the rows of a file depend on besides the file: the SQL that makes them, of the base_ model and of this one; and the
    contents of the rules that it reads, as they are in the warehouse.
-#}
{% macro _rules_version(rows, fates) -%}
    {%- set columns, names = _base_node().columns.values() | list, [] -%}
    {%- for column in columns -%}{%- do names.extend(spellings_of(column)) -%}{%- endfor -%}
    {%- set a_file = {'columns': names, 'types': names, 'paths': ['x']} -%}
    {%- set files = [dict(a_file, kind='parquet'), dict(a_file, kind='text')] -%}
    {%- set base = select_raw(lake_rows(files, 'x'), names, lake_position(), columns) -%}
    {%- set queries, contents = [], [] -%}
    {%- for id in model.depends_on.nodes if id != _base_node().unique_id -%}
        {%- set node = graph.nodes[id] -%}
        {%- do queries.append(
            "select '" ~ id ~ "' as rule, sum(cast(hash(rules) as hugeint)) as content from "
            ~ api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) ~ ' as rules'
        ) -%}
    {%- endfor -%}
    {%- if queries -%}
        {%- for rule in run_query(queries | join(' union all ') ~ ' order by rule').rows -%}
            {%- do contents.append(rule.values() | join('=')) -%}
        {%- endfor -%}
    {%- endif -%}
    {#- A copy of the warehouse is named otherwise. -#}
    {%- set here = adapter.quote(this.database) ~ '.' -%}
    {%- set made = rows_to_keep(rows, fates, 'files') | replace(here, '') -%}
    {{ return(local_md5(([base, made] + contents) | join(';'))) }}
{%- endmacro %}

{#- The version of the rules by which a table was made; none where it is not there. -#}
{% macro _version_of(kept) -%}
    {%- set query -%}
        select comment from duckdb_tables()
        where
            database_name = current_database()
            and schema_name = '{{ kept.schema }}'
            and table_name = '{{ kept.identifier }}'
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | first) }}
{%- endmacro %}

{#- The files of a table of versions, as the reader tells of them. -#}
{% macro _files_in(listed) -%}
    {%- set folder = modules.re.sub('[^/]*\\Z', '', modules.re.search("'(.*)'", _ledger())[1]) -%}
    {%- set query -%}
        select to_json({
            file: file,
            folder: left(path, length(path) - length(file) - 1),
            kind: kind,
            columns: columns,
            types: types,
            paths: case when kind = 'text' then list_transform(parts, lambda part: '{{ folder }}' || part) else [path] end
        })
        from {{ _ledger() }}
        where version in (select version from {{ listed }})
        order by file
    {%- endset -%}
    {%- set files = [] -%}
    {%- for file in run_query(query).columns[0].values() -%}{%- do files.append(fromjson(file)) -%}{%- endfor -%}
    {{ return(files) }}
{%- endmacro %}
