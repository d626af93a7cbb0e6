import Glibc
package import MariaDB
import Synchronization

/// A database server of the tests' own, started at first use, gone when the test process is.
///
/// It listens on a Unix socket only, in a directory of its own. The environment variable
/// `CRM_CALDAV_TEST_SERVER` names a directory whose `bin` has another server's programs, MariaDB's or
/// MySQL's (`Tests/Databases/unpack`), and `CRM_CALDAV_TEST_DB_SOCKET` a server that already runs (user
/// root, no password).
package final class PrivateMariaDB: Sendable {
    package static let shared: PrivateMariaDB = {
        do { return try PrivateMariaDB() } catch { fatalError("no private MariaDB: \(error)") }
    }()

    package let socket: String
    private let databases = Mutex(0)

    /// Settings for root, with no database chosen.
    package var settings: ConnectionSettings {
        var settings = ConnectionSettings()
        settings.socket = socket
        settings.user = "root"
        return settings
    }

    /// Makes an empty database of a name of its own and answers settings that choose it.
    package func freshDatabase(_ prefix: String = "test") throws(DatabaseError)
        -> ConnectionSettings
    {
        let number = databases.withLock { count in
            count += 1
            return count
        }
        let name = "\(prefix)_\(getpid())_\(number)"
        let connection = Connection(settings: settings)
        try connection.run("DROP DATABASE IF EXISTS \(name)")
        try connection.run("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
        var settings = settings
        settings.database = name
        return settings
    }

    private init() throws(Failure) {
        if let running = getenv("CRM_CALDAV_TEST_DB_SOCKET") {
            socket = String(cString: running)
            return
        }
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // Kept short: a socket's path has 107 bytes at most.
        let directory = "\(parent)/crm-db-\(getpid())"
        guard mkdir(directory, 0o700) == 0 else { throw Failure(step: "mkdir \(directory)") }
        socket = directory + "/socket"
        let script = try PrivateMariaDB.startScript(in: directory)
        let connection = Connection(settings: settings)
        var status: Int32 = 0
        while waitpid(script, &status, WNOHANG) == 0 {
            do throws(DatabaseError) {
                try connection.open()
                return
            } catch {
                usleep(50_000)
            }
        }
        throw Failure(step: "mariadbd did not start: \(directory)/log")
    }

    struct Failure: Error {
        let step: String
    }

    /// The script waits for the end of its standard input, which is a pipe that only the test process
    /// holds: however that ends, the server does too.
    private static func startScript(in directory: String) throws(Failure) -> pid_t {
        let script = """
            PATH=$PATH:/usr/sbin:/usr/local/sbin
            cd "$1" && exec >log 2>&1 || exit 1
            trap : INT TERM
            # Of its own: a server that starts deletes the temporary tables it finds in tmpdir.
            mkdir tmp
            user=$(id -un)
            ours="--datadir=$1/data --user=$user --socket=$1/socket --pid-file=$1/pid
                --tmpdir=$1/tmp --skip-networking --max-connections=300 --log-bin=log-bin
                --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync
                --innodb-buffer-pool-size=128M"
            programs=${CRM_CALDAV_TEST_SERVER:-/nonexistent}/bin
            if [ -x "$programs/mysqld" ] && [ ! -x "$programs/mariadbd" ]; then
                "$programs/mysqld" --no-defaults --initialize-insecure --datadir="$1/data" \
                    --user="$user" || exit 1
                "$programs/mysqld" --no-defaults $ours --mysqlx=OFF --sync-binlog=0 \
                    --innodb-redo-log-capacity=64M </dev/null &
            else
                PATH=$programs:$PATH
                mariadb-install-db --no-defaults --datadir="$1/data" --user="$user" \
                    --auth-root-authentication-method=normal --skip-test-db || exit 1
                mariadbd --no-defaults $ours --debug-no-sync --innodb-log-file-size=32M \
                    </dev/null &
            fi
            server=$!
            read -r end
            kill "$server"
            wait "$server"
            rm -rf "$1"
            """
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(step: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        let words = ["sh", "-c", script, "sh", directory]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, "sh", &actions, nil, arguments, environ) == 0 else {
            throw Failure(step: "spawn sh")
        }
        close(ends[0])
        return process
    }
}
