import FastCGI
import Glibc
import Synchronization
import Testing

@Suite("A request and its answer, FastCGI 1.0 §6.2")
struct ExchangeTests {
    @Test func parametersAreFoundByNameAndListedInOrder() throws {
        let long = String(repeating: "ü", count: 300)
        let server = try Server(threads: 1) { exchange in
            var names: [String] = []
            exchange.forEachParameter { name, value in
                names.append("\(String(decoding: name, as: UTF8.self))(\(value.count))")
            }
            exchange.answer(
                """
                \(exchange.parameter("REQUEST_METHOD") ?? "-") \
                \(exchange.parameter("HTTP_LONG") ?? "-") \
                \(exchange.parameter("REQUEST") ?? "none") \(names.joined(separator: ","))
                """)
        }
        let client = Client(to: server)
        client.send(request(["REQUEST_METHOD": "PROPFIND", "HTTP_LONG": long, "EMPTY": ""]))
        #expect(
            client.answer().text.hasSuffix(
                "PROPFIND \(long) none FCGI_ROLE(9),REQUEST_METHOD(8),HTTP_LONG(600),EMPTY(0)"))
    }

    @Test(arguments: [0, 1, 16_383, 16_384, 16_385, 1_000_000])
    func aBodyArrivesWhole(size: Int) throws {
        let server = try Server(threads: 1) { exchange in
            let body = try? exchange.readBody(limit: 1_000_000)
            let sum = body.map { $0.reduce(into: 0) { $0 = ($0 &* 31 &+ Int($1)) % 65_521 } }
            exchange.answer("\(body?.count ?? -1) \(sum ?? -1)")
        }
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let sum = body.reduce(into: 0) { $0 = ($0 &* 31 &+ Int($1)) % 65_521 }
        let client = Client(to: server)
        client.send(request(["CONTENT_LENGTH": "\(size)"], body: body))
        #expect(client.answer().text.hasSuffix("\(size) \(sum)"))
    }

    /// Answers with what reading the body gave.
    private func readingServer(limit: Int) throws -> Server {
        try Server(threads: 1) { exchange in
            do {
                exchange.answer("\(try exchange.readBody(limit: limit).count) bytes")
            } catch {
                exchange.answer("\(error)", status: "413 Content Too Large")
            }
        }
    }

    @Test("A body over the limit is told apart, and its sender hears so when it has sent it all")
    func tooLarge() throws {
        let server = try readingServer(limit: 1000)
        let body = [UInt8](repeating: 1, count: 4 << 20)
        for length in ["\(body.count)", "", "12", "999999999999999999999"] {
            let client = Client(to: server)
            // mod_fcgid sends the whole body before it reads.
            #expect(client.send(request(["CONTENT_LENGTH": length], body: body)))
            let answer = client.answer()
            #expect(answer.text.hasSuffix("tooLarge"), "CONTENT_LENGTH \(length)")
            #expect(answer.isEnded)
        }
    }

    @Test func anAnnouncedLengthIsNotTrustedForMemory() throws {
        let server = try readingServer(limit: .max)
        let client = Client(to: server)
        client.send(request(["CONTENT_LENGTH": "9223372036854775807"], body: [1, 2, 3]))
        #expect(client.answer().text.hasSuffix("cutShort"))
    }

    @Test func aBodyThatBreaksOffIsCutShort() throws {
        let outcome = Mutex("")
        try withExtendedLifetime(
            Server(threads: 1) { exchange in
                do {
                    _ = try exchange.readBody(limit: 1000)
                    outcome.withLock { $0 = "whole" }
                } catch {
                    outcome.withLock { $0 = "\(error)" }
                }
            }
        ) { server in
            do {
                let client = Client(to: server)
                client.send(begin() + record(.params) + record(.stdin, [1, 2, 3]))
            }
            #expect(eventually { outcome.withLock { !$0.isEmpty } })
            #expect(outcome.withLock { $0 } == "cutShort")
        }
    }

    @Test func anAbortedRequestsBodyIsCutShort() throws {
        let server = try readingServer(limit: 1000)
        let client = Client(to: server)
        client.send(begin() + record(.params) + record(.stdin, [1]) + record(.abortRequest))
        #expect(client.answer().text.hasSuffix("cutShort"))
    }

    @Test(arguments: [0, 1, 7, 8, 65_000, 65_528, 65_529, 65_536, 1_000_003])
    func anAnswerOfAnySizeArrivesWhole(size: Int) throws {
        let server = try Server(threads: 1) { exchange in
            try? exchange.write([UInt8](repeating: 0x2e, count: size))
        }
        let client = Client(to: server)
        client.send(request(id: 513))
        let answer = client.answer(id: 513)
        #expect(answer.stdout == [UInt8](repeating: 0x2e, count: size))
        #expect(answer.isEnded && answer.isWellFormed)
    }

    @Test func whatHasNotLeftCanBeTakenBack() throws {
        let server = try Server(threads: 1) { exchange in
            try? exchange.write("Status: 207 Multi-Status\r\n\r\nhalf of".utf8)
            guard !exchange.hasSent else { return }
            exchange.discard()
            exchange.answer("instead", status: "500 Internal Server Error")
        }
        let client = Client(to: server)
        client.send(request())
        #expect(client.answer().text.hasPrefix("Status: 500"))
    }

    @Test("An answer that fails half-way does not end as if it were whole")
    func aborted() throws {
        let server = try Server(threads: 1) { exchange in
            exchange.answer(String(repeating: "x", count: 100_000))
            exchange.abort()
        }
        let client = Client(to: server)
        client.send(request(keep: true))
        let answer = client.answer()
        #expect(answer.text.hasPrefix("Status: 200"))
        #expect(!answer.isEnded)
    }

    @Test func aClientThatLeftIsNoticed() throws {
        let lost = Mutex(false)
        try withExtendedLifetime(
            Server(threads: 1) { exchange in
                for _ in 0..<1000 {
                    do {
                        try exchange.write([UInt8](repeating: 1, count: 65_536))
                    } catch {
                        return lost.withLock { $0 = true }
                    }
                }
            }
        ) { server in
            do {
                let client = Client(to: server)
                client.send(request())
                _ = client.receive(100)
            }
            #expect(eventually { lost.withLock { $0 } })
        }
    }
}

@Suite("Records that no web server sends, FastCGI 1.0 §3")
struct BrokenRecordTests {
    @Test(
        "The connection is closed, the worker lives",
        arguments: [
            [UInt8](repeating: 0, count: 64),
            [UInt8](repeating: 0xff, count: 4096),
            Array("GET / HTTP/1.1\r\nHost: here\r\n\r\n".utf8),
            [1],
            record(.stdin, [1, 2, 3]),
            // A body of FCGI_BEGIN_REQUEST that is too short, one of no known role, one of id 0.
            record(.beginRequest, [0, 1]),
            begin(role: 9) + record(.params) + record(.stdin),
            begin(id: 0) + record(.params) + record(.stdin),
            // A record of another version; of the wrong type; a name longer than its record.
            begin() + [2, 4, 0, 1, 0, 0, 0, 0],
            begin() + record(.stdin, [1]) + record(.params),
            begin() + record(.params, [200, 5, 65]) + record(.params),
            begin() + record(.params, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 65])
                + record(.params),
        ] as [[UInt8]])
    func broken(bytes: [UInt8]) throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        do {
            let client = Client(to: server)
            client.send(bytes)
        }
        let client = Client(to: server)
        client.send(request())
        #expect(client.answer().text.hasSuffix("fine"))
    }

    @Test func aSecondRequestInsideTheFirstIsRefusedAndTheFirstServed() throws {
        let server = try Server(threads: 1) { exchange in
            exchange.answer("\((try? exchange.readBody(limit: 100).count) ?? -1)")
        }
        let client = Client(to: server)
        client.send(
            begin() + record(.params) + begin(id: 2) + record(.stdin, [1, 2, 3]) + record(.stdin))
        // FCGI_END_REQUEST for id 2 with FCGI_CANT_MPX_CONN.
        #expect(client.exactly(16)?[3] == 2)
        #expect(client.answer().text.hasSuffix("3"))
    }

    @Test func whatAWorkerCanDoIsAnswered() throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        let client = Client(to: server)
        client.send(record(.getValues, params(["FCGI_MPXS_CONNS": ""]), id: 0) + request())
        let header = client.exactly(8)
        #expect(header?[1] == RecordType.getValuesResult.rawValue)
        let result = client.exactly(Int(header?[5] ?? 0) + Int(header?[6] ?? 0))
        #expect(
            result.map { String(decoding: $0, as: UTF8.self).contains("FCGI_MPXS_CONNS0") } == true)
        #expect(client.answer().text.hasSuffix("fine"))
    }
}
