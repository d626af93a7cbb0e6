import FastCGI
import Glibc
import Synchronization
import Testing

@Suite("What comes among a body's records and is none of them")
struct HostileBodyTests {
    private func server() throws -> Server {
        try Server(threads: 1) { exchange in
            do {
                exchange.answer("\(try exchange.readBody(limit: 1000).count) bytes")
            } catch {
                exchange.answer("\(error)")
            }
        }
    }

    private let start = begin() + record(.params) + record(.stdin, [1, 2])
    private let end = record(.stdin, [3]) + record(.stdin)

    @Test(
        "is passed over where it belongs to another request or to none",
        arguments: [
            record(.stdin, [9, 9], id: 4), record(.stdin, id: 4), record(.params, [1, 2], id: 4),
            record(.abortRequest, id: 4),
        ])
    func passedOver(bytes: [UInt8]) throws {
        let server = try server()
        let client = Client(to: server)
        client.send(start + bytes + end)
        #expect(client.answer().text.hasSuffix("3 bytes"))
    }

    @Test(
        "ends the body where it belongs to the request",
        arguments: [
            record(.params), begin(), record(.stdout, [1]), [1, 200, 0, 1, 0, 0, 0, 0],
            [2, 5, 0, 1, 0, 0, 0, 0], [UInt8](repeating: 0xff, count: 100),
        ])
    func cutShort(bytes: [UInt8]) throws {
        let server = try server()
        let client = Client(to: server)
        client.send(start + bytes + end)
        #expect(client.answer().text.hasSuffix("cutShort"))
        #expect(client.receive() == [], "the connection is closed")
    }

    @Test("A variable that is asked for again and again overflows nothing")
    func repeatedVariable() throws {
        let server = try server()
        let client = Client(to: server)
        let names = params(["FCGI_MAX_REQS": "", "FCGI_MPXS_CONNS": ""])
        let question = (0..<100).flatMap { _ in names }
        client.send(start + record(.getValues, question, id: 0) + end)
        #expect(client.exactly(8 + 24)?[1] == RecordType.getValuesResult.rawValue)
        #expect(client.answer().text.hasSuffix("3 bytes"))
    }

    @Test("Lengths in a management record are not believed")
    func managementLengths() throws {
        let server = try server()
        let client = Client(to: server)
        let lengths: [UInt8] = [0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 0x10]
        client.send(start + record(.getValues, lengths, id: 0) + end)
        // No variable that is known.
        #expect(client.exactly(8) == [1, 10, 0, 0, 0, 0, 0, 0])
        #expect(client.answer().text.hasSuffix("3 bytes"))
    }

    @Test func whoReadsNoAnswersHoldsNoThread() throws {
        let outcome = Mutex("")
        try withExtendedLifetime(
            Server(threads: 1) { exchange in
                do {
                    _ = try exchange.readBody(limit: 1 << 20)
                } catch {
                    outcome.withLock { $0 = "\(error)" }
                }
                exchange.answer("fine")
            }
        ) { server in
            let hostile = Client(to: server)
            hostile.send(start)
            let others = (2..<60_000).flatMap { begin(id: UInt16($0)) }
            hostile.send(others)
            let client = Client(to: server)
            client.send(request())
            #expect(client.answer().text.hasSuffix("fine"))
            #expect(outcome.withLock { $0 } == "cutShort")
        }
    }
}
