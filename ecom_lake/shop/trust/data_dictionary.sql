-- What is the meaning of every column of every table?
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
    source
from lake_columns
