-- Orleans' queries were a step once. Now each upgrade renews them: they are in Queries.sql.
SELECT 1;
