import FastCGI
import Glibc
import Synchronization
import Testing

@Suite("The supervisor of worker processes")
struct SupervisorTests {
    private let scratch = Scratch()

    /// A supervisor on a thread of its own, over a shell script that first notes its process id.
    private final class Watched: Sendable {
        let reports = Mutex<[String]>([])
        let signals = Mutex<[Signal]>([])
        let exitCode = Mutex<Int32?>(nil)
        let pidFile: String
        let socket: String

        init(_ scratch: Scratch, processes: Int, script: String) throws {
            pidFile = scratch.file("pids")
            socket = scratch.file("s")
            let listener = try Listener(.unix(path: socket))
            // Whoever reads our output must not wait for a script that outlives its test.
            let quietly = "echo $$ >> \(pidFile); exec >/dev/null 2>&1; \(script)"
            let program = Supervisor.Program(
                path: "/bin/sh", arguments: ["sh", "-c", quietly],
                environment: ["WORKER": "yes"])
            _ = try Thread { [self] in
                let supervisor = Supervisor(
                    program, processes: processes, listener: listener,
                    report: { text in self.reports.withLock { $0.append(text) } })
                let code = supervisor.run(grace: 2, final: [78]) { milliseconds in
                    usleep(UInt32(min(milliseconds ?? 10, 10)) * 1000)
                    return self.signals.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                }
                exitCode.withLock { $0 = code }
            }
        }

        /// The processes that were started so far.
        var pids: [pid_t] {
            text(of: pidFile).split(separator: "\n").compactMap { pid_t($0) }
        }

        func end() -> Int32? {
            signals.withLock { $0.append(.terminate) }
            _ = eventually { exitCode.withLock { $0 != nil } }
            return exitCode.withLock { $0 }
        }
    }

    @Test func aKilledWorkerIsBackWithinASecond() throws {
        let watched = try Watched(scratch, processes: 2, script: "exec sleep 60")
        #expect(eventually { watched.pids.count == 2 })
        let first = watched.pids
        kill(first[0], SIGKILL)
        let start = time(nil)
        #expect(eventually { watched.pids.count == 3 })
        #expect(time(nil) - start <= 1)
        #expect(kill(first[1], 0) == 0, "the other goes on")
        #expect(watched.reports.withLock { $0.first?.contains("by signal 9") } == true)
        #expect(watched.end() == 0)
        for pid in watched.pids { #expect(kill(pid, 0) != 0, "none is left") }
    }

    @Test func aWorkerThatCannotStartIsTriedLessAndLessOften() throws {
        let watched = try Watched(scratch, processes: 1, script: "exit 3")
        // 0, 0.1, 0.3, 0.7, 1.5 s: five starts in two seconds.
        usleep(2_000_000)
        #expect((3...5).contains(watched.pids.count))
        #expect(watched.reports.withLock { $0[0].contains("code 3") })
        #expect(watched.end() == 0)
    }

    @Test func anExitCodeThatIsFinalEndsTheSupervisorWithIt() throws {
        let watched = try Watched(scratch, processes: 2, script: "exit 78")
        #expect(eventually { watched.exitCode.withLock { $0 != nil } })
        #expect(watched.exitCode.withLock { $0 } == 78)
    }

    @Test func aWorkerThatDoesNotEndInTimeIsKilled() throws {
        let watched = try Watched(
            scratch, processes: 1, script: "trap '' TERM; for i in $(seq 300); do sleep 0.1; done")
        #expect(eventually { watched.pids.count == 1 })
        #expect(watched.end() == 0)
        #expect(kill(watched.pids[0], 0) != 0)
    }

    @Test func workersGetTheSocketAndTheSignalToReopenLogs() throws {
        let watched = try Watched(
            scratch, processes: 1,
            script: """
                [ -S /dev/stdin ] && [ "$WORKER" = yes ] && echo socket > \(scratch.file("seen"))
                trap 'echo hup > \(scratch.file("hup"))' HUP
                while :; do sleep 0.05; done
                """)
        #expect(eventually { access(scratch.file("seen"), F_OK) == 0 })
        usleep(50_000)
        watched.signals.withLock { $0.append(.reopenLogs) }
        #expect(eventually { access(scratch.file("hup"), F_OK) == 0 })
        #expect(watched.end() == 0)
        #expect(access(watched.socket, F_OK) != 0, "the socket's file is gone")
    }
}
