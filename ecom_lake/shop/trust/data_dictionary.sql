-- What does every column of every table mean?
select
    table_name,
    column_name,
    layer,
    position,
    type,
    meaning,
    nullable,
    is_personal,
    example,
    'contracts/' || layer || '/' || table_name || '.py' as source
from lake_columns
