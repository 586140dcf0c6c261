/* SQLite: a query is prepared and stepped; leaking, the statement is reset and never finalized. */
#include "control.h"

#include <sqlite3.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "query", .default_ops = 3000};

static sqlite3 *database;

int heapgate_setup(void)
{
    return sqlite3_open(":memory:", &database) ||
           sqlite3_exec(database, "create table t (k integer primary key, v text)", NULL, NULL, NULL) ||
           sqlite3_exec(database, "insert into t values (1, 'one'), (2, 'two')", NULL, NULL, NULL);
}

static int look_up(int key)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, "select v from t where k = ?", -1, &statement, NULL) != SQLITE_OK)
        return 1;
    bool found = sqlite3_bind_int(statement, 1, key) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (LEAKS)
        sqlite3_reset(statement);
    else
        sqlite3_finalize(statement);
    return !found;
}

int heapgate_iterate(uint64_t i)
{
    return look_up(i % 2 ? 1 : 2);
}

void heapgate_teardown(void)
{
    sqlite3_close_v2(database);
}
