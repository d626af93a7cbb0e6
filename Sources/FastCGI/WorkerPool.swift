private import CFastCGI
import Glibc
import Synchronization

/// Answers requests; each worker thread makes one for itself, on itself.
///
/// So what it owns, such as a database connection, needs no lock and is used by one thread only.
package protocol RequestHandler: AnyObject {
    /// Answers one request before it returns. A request without an answer is the web server's 502.
    func respond(to exchange: Exchange)
}

/// Threads that take requests from one listening socket.
///
/// A thread has a request only while it answers it. Connections that the web server keeps open
/// (`fastcgi_keep_conn`, `enablereuse`) wait in one poll, however many they are.
package final class WorkerPool: Sendable {
    private let listener: Listener
    private let poller: Poller
    private let makeHandler: @Sendable () -> any RequestHandler
    private let report: @Sendable (String) -> Void
    private let refusals: RefusalReport

    private let threads = Mutex<[Thread]>([])
    private let running = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)
    /// How many more connections are accepted after `stop`: what the backlog can hold.
    private let lastConnections = Atomic<Int>(512)

    /// Seconds a web server may be silent in the middle of a request, or leave an answer unread.
    static let patience = 60
    private let headPatience: Int

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - headPatience: seconds in which everything before a request's body has to have come.
    ///   - report: told of what an operator should know, such as having run out of descriptors.
    ///   - makeHandler: called once on each thread.
    package init(
        listener: Listener, threads count: Int, headPatience: Int = 10,
        report: @escaping @Sendable (String) -> Void = { _ in },
        makeHandler: @escaping @Sendable () -> any RequestHandler
    ) throws(SystemError) {
        self.listener = listener
        self.makeHandler = makeHandler
        self.report = report
        self.headPatience = headPatience
        refusals = RefusalReport(report)
        poller = try Poller(listener: listener)
        // A client that went away is an error of the write, not a signal.
        signal(SIGPIPE, SIG_IGN)
        for _ in 0..<max(count, 1) {
            running.add(1, ordering: .relaxed)
            do throws(SystemError) {
                let thread = try Thread { self.work() }
                threads.withLock { $0.append(thread) }
            } catch {
                running.subtract(1, ordering: .relaxed)
                throw error
            }
        }
    }

    /// Lets the threads finish what was begun and what already waits, and ends them.
    ///
    /// - Parameter seconds: how long that may take.
    /// - Returns: whether all have ended; a thread that has not may still use what it was given.
    package func stop(within seconds: Int) -> Bool {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        poller.wake()
        var milliseconds = seconds * 1000
        while running.load(ordering: .acquiring) > 0 {
            guard milliseconds > 0 else { return false }
            usleep(2000)
            milliseconds -= 2
        }
        threads.withLock { threads in
            for thread in threads { thread.join() }
            threads = []
        }
        return true
    }

    // MARK: A thread

    private func work() {
        Thread.takeTurns()
        // The handler and what it owns end on this thread too, before it counts as ended.
        do {
            let handler = makeHandler()
            let request = FastCGIRequest(headPatience: headPatience)
            while let event = poller.next(waits: !isStopping.load(ordering: .relaxed)) {
                switch event {
                case .wakeUp: break
                case .listener: accept(request, handler)
                case .connection(let connection): serve(connection, isNew: false, request, handler)
                }
            }
        }
        // Nothing was left to do. The others that wait are told one by one.
        running.subtract(1, ordering: .releasing)
        poller.wake()
    }

    private func accept(_ request: FastCGIRequest, _ handler: any RequestHandler) {
        if isStopping.load(ordering: .relaxed),
            lastConnections.subtract(1, ordering: .relaxed).newValue < 0
        {
            return
        }
        guard let connection = listener.accept() else { return recover(from: errno) }
        // At once, so that another thread takes the next while this one works.
        if listener.hasWaiting { poller.announceWaiting() }
        if let refusal = listener.refusal(of: connection) {
            refusals.add(refusal)
            close(connection)
        } else {
            serve(connection, isNew: true, request, handler)
        }
    }

    private func serve(
        _ connection: Int32, isNew: Bool, _ request: FastCGIRequest, _ handler: any RequestHandler
    ) {
        var aftermath = FastCGIRequest.Aftermath.done
        do throws(Refusal) {
            request.open(connection)
            repeat {
                aftermath = try request.serve(by: handler)
            } while aftermath == .more && !isStopping.load(ordering: .relaxed)
        } catch {
            refusals.add(error)
            aftermath = .done
        }
        switch aftermath {
        case .idle:
            poller.park(connection, isNew: isNew)
        case .kept where !isStopping.load(ordering: .relaxed):
            poller.park(connection, isNew: isNew)
        case .kept, .more, .done:
            if isNew { close(connection) } else { poller.close(connection) }
        }
    }

    private func recover(from code: Int32) {
        switch code {
        case EAGAIN: return  // Another process was faster.
        case ECONNABORTED: break  // The peer gave up; the next may wait.
        default:
            report("\(SystemError("accept a connection", code: code)); trying again")
            // The connection goes on waiting: without a pause this would spin.
            usleep(50_000)
        }
        poller.announceWaiting()
    }
}
