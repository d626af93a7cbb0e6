private import CFastCGI
import Glibc

/// Keeps a number of worker processes alive until it is told to end.
///
/// A worker is this program started anew (`posix_spawn`), not a fork: the Swift runtime, libmariadb
/// and OpenSSL all keep state that a fork would share, and a worker started an hour later has to
/// begin in the same state as the first. All listen on one socket, which is their descriptor 0.
package final class Supervisor {
    /// Path of the program, its arguments (the first is its name), variables added to our own.
    package struct Program: Sendable {
        package var path: String
        package var arguments: [String]
        package var environment: [String: String]

        package init(path: String, arguments: [String], environment: [String: String] = [:]) {
            self.path = path
            self.arguments = arguments
            self.environment = environment
        }
    }

    /// A place for a process; empty (`pid` nil) until `due`.
    private struct Seat {
        var pid: pid_t?
        var started = 0
        var due = 0
        /// How often in a row the process ended soon after its start.
        var earlyEnds = 0
    }

    private let program: Program
    private let listener: Listener
    private let report: (String) -> Void
    private var seats: [Seat]

    /// Milliseconds: a process that ended sooner is suspected to do so again.
    private static let early = 5_000
    private static let longestDelay = 5_000

    /// - Parameter report: told when a process ended and what becomes of it.
    package init(
        _ program: Program, processes: Int, listener: Listener,
        report: @escaping (String) -> Void
    ) {
        self.program = program
        self.listener = listener
        self.report = report
        seats = Array(repeating: Seat(), count: max(processes, 1))
    }

    /// Runs until SIGTERM, passes that on, and returns when every worker has ended.
    ///
    /// `Signal.hold()` comes before.
    /// - Parameters:
    ///   - seconds: how long the workers may take to finish; what is left then is killed.
    ///   - final: exit codes after which another start is of no use.
    ///   - nextSignal: waits for at most so many milliseconds.
    /// - Returns: the code to exit with: 0, or the `final` one that a worker ended with.
    package func run(
        grace seconds: Int, final: Set<Int32> = [],
        nextSignal: (_ milliseconds: Int?) -> Signal? = { Signal.next(within: $0) }
    ) -> Int32 {
        while true {
            startDueWorkers()
            switch nextSignal(nextStart) {
            case .terminate:
                end(within: seconds)
                return 0
            case .reopenLogs:
                send(SIGHUP)
            case .childEnded, nil:
                break
            }
            for index in seats.indices {
                guard let code = reap(index), final.contains(code) else { continue }
                end(within: seconds)
                return code
            }
        }
    }

    // MARK: Starting

    private func startDueWorkers() {
        for index in seats.indices where seats[index].pid == nil && seats[index].due <= now {
            seats[index].started = now
            do throws(SystemError) {
                seats[index].pid = try spawn()
            } catch {
                report("\(error)")
                seats[index].due = now + delay(after: &seats[index])
            }
        }
    }

    /// Milliseconds until a worker has to be started; nil: all are there.
    private var nextStart: Int? {
        seats.filter { $0.pid == nil }.map { max($0.due - now, 0) }.min()
    }

    private func delay(after seat: inout Seat) -> Int {
        guard now - seat.started < Self.early else {
            seat.earlyEnds = 0
            return 0
        }
        // 0.1 s, 0.2 s, 0.4 s …
        let delay = min(100 << min(seat.earlyEnds, 10), Self.longestDelay)
        seat.earlyEnds += 1
        return delay
    }

    private func spawn() throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if listener.descriptor == 0 {
            // A duplicate onto itself clears close-on-exec.
            posix_spawn_file_actions_adddup2(&actions, 0, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, listener.descriptor, 0)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var environment = Self.inheritedEnvironment.filter { entry in
            !program.environment.keys.contains { entry.hasPrefix($0 + "=") }
        }
        environment += program.environment.map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let failure = Self.withCStrings(program.arguments) { arguments in
            Self.withCStrings(environment) { environment in
                posix_spawn(&pid, program.path, &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else {
            throw SystemError("start \(program.path)", code: failure)
        }
        return pid
    }

    // MARK: Ending

    /// Takes note of a worker that has ended; gives its exit code, or nil where it runs.
    private func reap(_ index: Int) -> Int32? {
        guard let pid = seats[index].pid else { return nil }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        seats[index].pid = nil
        let delay = delay(after: &seats[index])
        seats[index].due = now + delay
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        let cause = signal == 0 ? "with code \(code)" : "by signal \(signal)"
        report("worker \(pid) ended \(cause); another starts in \(delay) ms")
        return code
    }

    private func send(_ signal: Int32) {
        for case let pid? in seats.map(\.pid) { kill(pid, signal) }
    }

    private func end(within seconds: Int) {
        listener.unlinkFile()
        send(SIGTERM)
        let deadline = now + seconds * 1000
        while seats.contains(where: { $0.pid != nil }) {
            for index in seats.indices {
                guard let pid = seats[index].pid, waitpid(pid, nil, WNOHANG) != 0 else { continue }
                seats[index].pid = nil
            }
            if now > deadline { send(SIGKILL) }
            usleep(5000)
        }
    }

    // MARK: Parts

    /// Milliseconds of a clock that nobody sets.
    private var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    private static var inheritedEnvironment: [String] {
        guard var entry = cfastcgi_environment() else { return [] }
        var all: [String] = []
        while let text = entry.pointee {
            all.append(String(cString: text))
            entry += 1
        }
        return all
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
