import ArgumentParser
import FastCGI
import Glibc

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answers the requests that a web server passes on by FastCGI.",
        discussion: """
            Ends with code 0 on SIGTERM or SIGINT, when what was begun is answered. SIGHUP opens the \
            log files anew.

              crm-caldav serve --listen unix:/run/crm-caldav/caldav.sock --processes 2
              spawn-fcgi -n -s /run/caldav.sock -- /usr/local/bin/crm-caldav serve
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(help: "unix:PATH, HOST:PORT, or inherited: the listening socket at descriptor 0.")
    var listen: ListenAddress?

    @Option(help: "Requests that a process answers at once.")
    var threads: Int?

    @Option(help: "Worker processes; with more than one, a supervisor starts anew what dies.")
    var processes: Int?

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads has to be from 1 to 256")
        }
        if let processes, !(1...64).contains(processes) {
            throw ValidationError("--processes has to be from 1 to 64")
        }
    }

    /// Seconds that what was begun may take to end.
    private static let grace = 20

    func run() throws {
        var configuration = try file.load()
        if let listen { configuration.serve.listen = listen }
        if let threads { configuration.serve.threads = threads }
        if let processes { configuration.serve.processes = processes }
        let supervisor = Environment.current[Environment.workerVariable]
        if supervisor != nil { configuration.serve.listen = .inherited }
        let service: Service
        do throws(ConfigurationError) {
            service = try Service(configuration)
        } catch {
            throw failure(error.description, Exit.configuration)
        }
        if configuration.serve.listen == .inherited, !Listener.isInherited {
            guard CommonGateway.isCaller else {
                throw failure(
                    "descriptor 0 is no listening socket; say where to listen: "
                        + "--listen unix:/run/crm-caldav/caldav.sock", Exit.usage)
            }
            return CommonGateway.serve(by: service.makeHandler())
        }
        Signal.hold()
        if let supervisor { Signal.endWithParent(Int32(supervisor) ?? 0) }
        let code: Int32
        do throws(SystemError) {
            let listener = try Listener(
                configuration.serve.listen, mode: configuration.serve.listenMode,
                group: configuration.serve.listenGroup, peers: configuration.serve.listenPeers)
            let isSupervisor = configuration.serve.processes > 1 && supervisor == nil
            code =
                isSupervisor ? supervise(listener, service) : try work(listener, service)
        } catch {
            throw failure(error.description, Exit.system)
        }
        if code != 0 { throw ExitCode(code) }
    }

    /// Answers requests until told to end; gives the code to exit with.
    private func work(
        _ listener: Listener, _ service: Service
    ) throws(SystemError) -> Int32 {
        let logs = service.logs
        let threads =
            service.configuration.serve.threads ?? (Executable.isNamedForFastCGI ? 1 : 8)
        let pool = try WorkerPool(
            listener: listener, threads: threads,
            report: { logs.event(.error, $0) }, makeHandler: { service.makeHandler() })
        let maintenance = try BackgroundThread(logs: logs) {
            MaintenanceJob(context: service.context)
        }
        logs.event(.info, "serving", [("threads", String(threads))])
        while let signal = Signal.next(), signal != .terminate {
            if signal == .reopenLogs { logs.reopen() }
        }
        listener.unlinkFile()
        guard pool.stop(within: Self.grace) else {
            logs.event(.warning, "a request took too long to end and was given up")
            // Its thread still uses what an orderly end would take away.
            _exit(0)
        }
        maintenance.stop()
        return 0
    }

    /// Keeps worker processes alive until told to end; gives the code to exit with.
    private func supervise(_ listener: Listener, _ service: Service) -> Int32 {
        let logs = service.logs
        // A backtrace would hold up the start of the next, and write what is in memory to a log.
        let backtrace = Environment.current["SWIFT_BACKTRACE"] ?? "enable=no"
        let program = Supervisor.Program(
            path: Executable.path, arguments: CommandLine.arguments,
            environment: [
                Environment.workerVariable: String(getpid()), "SWIFT_BACKTRACE": backtrace,
            ])
        let supervisor = Supervisor(
            program, processes: service.configuration.serve.processes, listener: listener
        ) { logs.event(.error, $0) }
        let final: Set = [Exit.usage.rawValue, Exit.configuration.rawValue]
        return supervisor.run(grace: Self.grace + 5, final: final)
    }
}

extension ListenAddress: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
