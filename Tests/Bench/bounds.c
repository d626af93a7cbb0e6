// What no worker can beat here: FastCGI programs that do nothing, one read, or one write.
//
//     bounds null|read|write SOCKET THREADS
//
// Each answers every request with the same 207 of 1,024 bytes. "read" runs one prepared SELECT of a task
// by its primary key before that; "write" a transaction of three INSERTs and one UPDATE, which it
// commits. The database is that of $DATABASE_SOCKET, _NAME, _USER and _PASSWORD.

#include <fcgiapp.h>
#include <mysql.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { answer_size = 1024, columns = 12, column_room = 1024, task_count = 1000 };

static int listener;
static enum { null_bound, read_bound, write_bound } bound;
static int tasks[task_count];
static char answer[answer_size + 256];
static int answer_length;

static const char read_statement[] =
    "SELECT id, title, description, task_type, status, priority, start_datetime, end_datetime,"
    " contact_name, contact_email, caldav_uid, caldav_etag FROM tasks WHERE id = ?";
static const char *const write_statements[] = {
    "INSERT INTO bench_objects (name, content) VALUES (?, REPEAT('x', 700))",
    "INSERT INTO bench_rows (name, content) VALUES (?, REPEAT('y', 200))",
    "INSERT INTO bench_log (name) VALUES (?)",
    "UPDATE bench_state SET revision = revision + 1 WHERE id = ?",
};
enum { write_count = sizeof write_statements / sizeof *write_statements };

static void fail(const char *what) {
    fprintf(stderr, "bounds: %s\n", what);
    exit(1);
}

static MYSQL *connect_database(void) {
    MYSQL *database = mysql_init(NULL);
    if (!mysql_real_connect(database, NULL, getenv("DATABASE_USER"), getenv("DATABASE_PASSWORD"),
                            getenv("DATABASE_NAME"), 0, getenv("DATABASE_SOCKET"), 0)) {
        fail(mysql_error(database));
    }
    return database;
}

// A statement with one parameter, a number that is read from `number` at each execution.
static MYSQL_STMT *prepare(MYSQL *database, const char *text, int *number) {
    MYSQL_STMT *statement = mysql_stmt_init(database);
    if (mysql_stmt_prepare(statement, text, strlen(text))) fail(mysql_stmt_error(statement));
    MYSQL_BIND parameter = {.buffer_type = MYSQL_TYPE_LONG, .buffer = number};
    mysql_stmt_bind_param(statement, &parameter);
    return statement;
}

static void execute(MYSQL_STMT *statement) {
    if (mysql_stmt_execute(statement)) fail(mysql_stmt_error(statement));
}

// The first tasks there are: a read that finds no row would be no bound.
static void list_tasks(void) {
    MYSQL *database = connect_database();
    if (mysql_query(database, "SELECT id FROM tasks ORDER BY id")) fail(mysql_error(database));
    MYSQL_RES *result = mysql_use_result(database);
    for (int i = 0; i < task_count; i++) {
        MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
        if (!row) fail("there are too few tasks");
        tasks[i] = atoi(row[0]);
    }
    mysql_free_result(result);
    mysql_close(database);
}

static void *serve(void *argument) {
    int number = *(int *)argument, state = number + 1, task = 0;
    char values[columns][column_room];
    unsigned long lengths[columns];
    MYSQL_BIND results[columns] = {0};
    MYSQL *database = bound == null_bound ? NULL : connect_database();
    MYSQL_STMT *reading = NULL, *writing[write_count];
    if (bound == read_bound) {
        reading = prepare(database, read_statement, &task);
        for (int i = 0; i < columns; i++) {
            results[i].buffer_type = MYSQL_TYPE_STRING;
            results[i].buffer = values[i];
            results[i].buffer_length = column_room;
            results[i].length = &lengths[i];
        }
        mysql_stmt_bind_result(reading, results);
    }
    if (bound == write_bound) {
        mysql_autocommit(database, 0);
        for (int i = 0; i < write_count; i++) {
            writing[i] = prepare(database, write_statements[i], i + 1 < write_count ? &number : &state);
        }
    }
    FCGX_Request request;
    FCGX_InitRequest(&request, listener, 0);
    while (FCGX_Accept_r(&request) == 0) {
        number = number % task_count + 1;
        if (reading) {
            task = tasks[number - 1];
            execute(reading);
            int fetched = mysql_stmt_store_result(reading) ? 1 : mysql_stmt_fetch(reading);
            if (fetched && fetched != MYSQL_DATA_TRUNCATED) fail("the task was not read");
            mysql_stmt_free_result(reading);
        }
        if (bound == write_bound) {
            if (mysql_query(database, "BEGIN")) fail(mysql_error(database));
            for (int i = 0; i < write_count; i++) execute(writing[i]);
            if (mysql_commit(database)) fail(mysql_error(database));
        }
        FCGX_PutStr(answer, answer_length, request.out);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int count, char **words) {
    if (count != 4) {
        fputs("bounds null|read|write SOCKET THREADS\n", stderr);
        return 64;
    }
    bound = !strcmp(words[1], "write") ? write_bound
            : !strcmp(words[1], "read") ? read_bound : null_bound;
    answer_length = snprintf(
        answer, sizeof answer,
        "Status: 207 Multi-Status\r\nContent-Type: application/xml; charset=utf-8\r\n"
        "Content-Length: %d\r\n\r\n", answer_size);
    char *body = answer + answer_length;
    memset(body, ' ', answer_size);
    static const char multistatus[] = "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\"/>";
    memcpy(body, multistatus, sizeof multistatus - 1);
    answer_length += answer_size;

    umask(0);
    FCGX_Init();
    mysql_library_init(0, NULL, NULL);
    if (bound == read_bound) list_tasks();
    listener = FCGX_OpenSocket(words[2], 512);
    if (listener < 0) fail("cannot listen");
    int threads = atoi(words[3]);
    int *numbers = calloc((size_t)threads, sizeof *numbers);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        numbers[i] = i;
        pthread_create(&thread, NULL, serve, &numbers[i]);
    }
    serve(&numbers[0]);
    return 0;
}
