select
    cast(source as {{ dbt.type_string() }}) as source,
    cast(source_table as {{ dbt.type_string() }}) as source_table,
    cast(file as {{ dbt.type_string() }}) as file,
    cast(state as {{ dbt.type_string() }}) as state,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(records as {{ dbt.type_bigint() }}) as records,
    cast(size_bytes as {{ dbt.type_bigint() }}) as size_bytes,
    cast(modified_at as timestamp) as modified_at,
    cast(sha256 as {{ dbt.type_string() }}) as sha256,
    cast(notes as {{ dbt.type_string() }}) as notes
from ({{ list_lake_files() }}) as files
