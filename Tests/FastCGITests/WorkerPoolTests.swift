import FastCGI
import Glibc
import Synchronization
import Testing

@Suite("Connections and threads")
struct WorkerPoolTests {
    private func echoServer(threads: Int) throws -> Server {
        try Server(threads: threads) { $0.answer($0.parameter("NUMBER") ?? "-") }
    }

    @Test("Kept connections in any number idle beside one thread, and each is served in turn")
    func keptConnections() throws {
        let server = try echoServer(threads: 1)
        let clients = (0..<40).map { _ in Client(to: server) }
        for round in 0..<3 {
            for (index, client) in clients.enumerated() {
                client.send(request(["NUMBER": "\(round).\(index)"], keep: true))
                #expect(client.answer().text.hasSuffix("\(round).\(index)"))
            }
        }
    }

    @Test func aConnectionThatSaysNothingHoldsNoThread() throws {
        let server = try echoServer(threads: 1)
        let silent = Client(to: server)
        let client = Client(to: server)
        client.send(request(["NUMBER": "1"]))
        #expect(client.answer().text.hasSuffix("1"))
        silent.send(request(["NUMBER": "2"]))
        #expect(silent.answer().text.hasSuffix("2"))
    }

    @Test func aConnectionNotToBeKeptIsClosed() throws {
        let server = try echoServer(threads: 1)
        let client = Client(to: server)
        client.send(request(keep: false))
        #expect(client.answer().isEnded)
        #expect(client.receive() == [])
    }

    @Test func aRequestWhoseBodyNobodyReadLeavesTheConnectionUsable() throws {
        let server = try echoServer(threads: 1)
        let client = Client(to: server)
        for number in ["1", "2", "3"] {
            client.send(
                request(
                    ["NUMBER": number], body: [UInt8](repeating: 9, count: 100_000), keep: true))
            #expect(client.answer().text.hasSuffix(number))
        }
    }

    @Test("Threads that are woken take their turn (SCHED_BATCH)")
    func threadsTakeTurns() throws {
        try #require(sched_getscheduler(0) == SCHED_OTHER)
        let server = try Server(threads: 1) { $0.answer("\(sched_getscheduler(0))") }
        let client = Client(to: server)
        client.send(request())
        #expect(client.answer().text.hasSuffix("3"))
        // Nobody else's.
        #expect(sched_getscheduler(0) == SCHED_OTHER)
    }

    @Test func eachThreadHasAHandlerOfItsOwn() throws {
        let made = Atomic<Int>(0)
        let together = Mutex((now: 0, most: 0))
        let scratch = Scratch()
        let listener = try Listener(.unix(path: scratch.file("s")))
        try withExtendedLifetime(made) {
            let pool = try WorkerPool(listener: listener, threads: 3) {
                made.add(1, ordering: .relaxed)
                return Answering { exchange in
                    together.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    usleep(100_000)
                    exchange.answer("")
                    together.withLock { $0.now -= 1 }
                }
            }
            let clients = (0..<6).map { _ in Client(unix: scratch.file("s")) }
            for client in clients { client.send(request()) }
            for client in clients { #expect(client.answer().isEnded) }
            #expect(pool.stop(within: 5))
            #expect(made.load(ordering: .relaxed) == 3)
            #expect(together.withLock { $0.most } == 3)
        }
    }

    @Test("Stopping lets what was begun and what waits end, and ends kept connections")
    func graceful() throws {
        let scratch = Scratch()
        let listener = try Listener(.unix(path: scratch.file("s")))
        let pool = try WorkerPool(listener: listener, threads: 2) {
            Answering { exchange in
                usleep(200_000)
                exchange.answer("slow")
            }
        }
        let kept = Client(unix: scratch.file("s"))
        kept.send(request(keep: true))
        #expect(kept.answer().isEnded)
        // Two are in work, four wait in the backlog.
        let clients = (0..<6).map { _ in Client(unix: scratch.file("s")) }
        for client in clients { client.send(request(keep: true)) }
        usleep(50_000)
        listener.unlinkFile()
        #expect(pool.stop(within: 10))
        for client in clients { #expect(client.answer().text.hasSuffix("slow")) }
        for client in clients { #expect(client.receive() == []) }
    }

    @Test func stoppingDoesNotWaitForEver() throws {
        let release = Mutex(false)
        try withExtendedLifetime(
            Server(threads: 1) { _ in _ = eventually { release.withLock { $0 } } }
        ) { server in
            let client = Client(to: server)
            client.send(request())
            usleep(50_000)
            #expect(!server.pool.stop(within: 1))
            release.withLock { $0 = true }
        }
    }

    @Test func twoPoolsShareOneSocket() throws {
        let scratch = Scratch()
        let listener = try Listener(.unix(path: scratch.file("s")))
        let served = Mutex(Set<Int>())
        let pools = try (0..<2).map { pool in
            try WorkerPool(listener: listener, threads: 1) {
                Answering { exchange in
                    _ = served.withLock { $0.insert(pool) }
                    usleep(20_000)
                    exchange.answer("shared")
                }
            }
        }
        // A busy machine may be long in starting the second pool's thread.
        let bothServe = eventually {
            let clients = (0..<20).map { _ in Client(unix: scratch.file("s")) }
            for client in clients { client.send(request()) }
            for client in clients { #expect(client.answer().text.hasSuffix("shared")) }
            return served.withLock { $0 } == [0, 1]
        }
        #expect(bothServe)
        for pool in pools { #expect(pool.stop(within: 5)) }
    }
}
