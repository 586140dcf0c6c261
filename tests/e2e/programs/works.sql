create table entry (id integer primary key, name text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into entry select i, printf('name %d', i * 7919 % 10007) from n;
create index entry_name on entry (name);
select count(distinct name), min(name), max(name) from entry;
select substr(name, 1, 6) as begin, count(*) from entry group by begin order by 2 desc, 1 limit 5;
delete from entry where id % 3 = 0;
vacuum;
select count(*), sum(length(name)) from entry;
