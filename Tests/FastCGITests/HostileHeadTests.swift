import FastCGI
import Glibc
import Synchronization
import Testing

@Suite("What a worker does not take before a request's body")
struct HostileHeadTests {
    /// Sends `bytes` to a worker of one thread; the connection has to be closed, with `answer` at the
    /// most, and the next one served.
    private func expectRefused(
        _ bytes: [UInt8], answer: [UInt8] = [], because reason: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let messages = Mutex<[String]>([])
        try withExtendedLifetime(messages) {
            let server = try Server(
                threads: 1, report: { message in messages.withLock { $0.append(message) } }
            ) { $0.answer("fine") }
            let hostile = Client(to: server)
            hostile.send(bytes)
            #expect(hostile.receiveAll() == answer, sourceLocation: location)
            let client = Client(to: server)
            client.send(request())
            #expect(client.answer().text.hasSuffix("fine"), sourceLocation: location)
            let told = messages.withLock { $0 }
            #expect(told.count == 1, sourceLocation: location)
            #expect(told.first?.contains(reason) == true, "\(told)", sourceLocation: location)
        }
    }

    private func head(_ parameters: [UInt8]) -> [UInt8] {
        begin() + record(.params, parameters) + record(.params) + record(.stdin)
    }

    private let tooLong = "a parameter that is longer than the records it is in"

    @Test func fortyEightBytesThatAskForTwoGigabytes() throws {
        let bytes = head([0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 0x10])
        #expect(bytes.count == 48)
        try expectRefused(bytes, because: tooLong)
    }

    @Test(
        "A name or a value that is longer than what follows",
        arguments: [
            [200, 0], [5, 0, 65], [1, 5, 65, 66], [0x80, 0, 0, 3, 0, 65, 66],
            [0xff, 0xff, 0xff, 0xff, 0], [0, 0xff, 0xff, 0xff, 0xff],
            // A sum that is too large for 31 bits, for 32, and with the two bytes that libfcgi adds.
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 65],
            [0xff, 0xff, 0xff, 0xfe, 0x80, 0, 0, 2, 65],
            // Cut off within a length, and before the second.
            [0x80], [0x80, 0, 0], [1], [1, 0x80, 0], [1, 1, 65, 66, 3],
        ] as [[UInt8]])
    func tooLongPart(parameters: [UInt8]) throws {
        try expectRefused(head(parameters), because: tooLong)
    }

    @Test func aParameterThatOnlyStartsInTheLastRecord() throws {
        let parts = record(.params, [4, 4, 65]) + record(.params, [66])
        try expectRefused(begin() + parts + record(.params), because: tooLong)
    }

    @Test func moreThanTheBound() throws {
        let piece = params(["HTTP_COOKIE": String(repeating: "x", count: 60_000)])
        var bytes = begin()
        for _ in 0..<5 { bytes += record(.params, piece) }
        try expectRefused(bytes + record(.params), because: "262144 bytes before the body")
    }

    @Test func moreParametersThanAnybodyHas() throws {
        let empty = [UInt8](repeating: 0, count: 20_000)
        try expectRefused(head(empty), because: "8192 parameters")
    }

    @Test(
        "Records of another version, type, length, or at the wrong place",
        arguments: [
            (Array("GET / HTTP/1.1\r\nHost: here\r\n\r\n".utf8), "version 71"),
            (begin() + [2, 4, 0, 1, 0, 0, 0, 0], "version 2"),
            (record(.beginRequest, [0, 1]), "type 1 and a wrong length"),
            (record(.beginRequest, [UInt8](repeating: 1, count: 9)), "type 1 and a wrong length"),
            (begin(id: 0), "type 1 that does not belong there"),
            (begin() + begin(), "type 1 that does not belong there"),
            (begin() + record(.stdin, [1]), "type 5 that does not belong there"),
            (begin() + record(.getValues, [1]), "type 9 that does not belong there"),
            (begin() + [1, 77, 0, 1, 0, 0, 0, 0], "type 77 that does not belong there"),
        ] as [([UInt8], String)])
    func wrongRecord(bytes: [UInt8], reason: String) throws {
        try expectRefused(bytes, because: reason)
    }

    @Test func aRoleThatNobodyHasHere() throws {
        // FCGI_END_REQUEST with FCGI_UNKNOWN_ROLE.
        let answer = record(.endRequest, [0, 0, 0, 0, 3, 0, 0, 0])
        try expectRefused(begin(role: 2), answer: answer, because: "role 2")
    }

    @Test("A variable that is asked for again and again overflows nothing")
    func repeatedVariable() throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        let client = Client(to: server)
        let name = params(["FCGI_MPXS_CONNS": ""])
        let question = (0..<100).flatMap { _ in name }
        client.send(record(.getValues, question, id: 0) + request())
        #expect(client.exactly(8 + 24)?[4..<6] == [0, 18])
        #expect(client.answer().text.hasSuffix("fine"))
    }

    @Test func anUnknownManagementRecordIsAnsweredSo() throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        let client = Client(to: server)
        client.send(begin() + [1, 99, 0, 0, 0, 1, 7, 0] + [UInt8](repeating: 0, count: 8))
        #expect(client.exactly(16) == [1, 11, 0, 0, 0, 8, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0])
        client.send(record(.params) + record(.stdin))
        #expect(client.answer().text.hasSuffix("fine"))
    }

    @Test("Padding is no record, whatever is in it")
    func padding() throws {
        let server = try Server(threads: 1) { $0.answer($0.parameter("ONE") ?? "-") }
        let client = Client(to: server)
        let hidden = record(.params, [0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 0x10])
        var padded = begin() + hidden
        padded[6] = UInt8(hidden.count)
        var parameters = record(.params, params(["ONE": "1"])) + hidden
        parameters[6] = UInt8(hidden.count)
        client.send(padded + parameters + record(.params) + record(.stdin))
        #expect(client.answer().text.hasSuffix("1"))
    }

    @Test func recordsOfNoRequestHaveTheirBound() throws {
        let flood = (0..<40).flatMap { _ in record(.stdin, [1], id: 7) }
        try expectRefused(begin() + flood, because: "too many records")
    }

    @Test func anAbortedRequestEndsTheConnection() throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        let client = Client(to: server)
        client.send(begin() + record(.abortRequest))
        #expect(client.receiveAll() == [])
    }

    @Test func anAbortThatComesTooLateIsPassedOver() throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        let client = Client(to: server)
        client.send(request(keep: true))
        #expect(client.answer().isEnded)
        client.send(record(.abortRequest))
        usleep(20_000)
        client.send(request())
        #expect(client.answer().text.hasSuffix("fine"))
    }

    @Test func aHeadThatComesTooSlowlyFreesItsThread() throws {
        let server = try Server(threads: 1, headPatience: 1) { $0.answer("fine") }
        let slow = Client(to: server)
        slow.send(begin())
        let client = Client(to: server)
        client.send(request())
        // Each byte would be in time, all of them together are not.
        let writer = try Thread {
            for byte in record(.params, params(["A": "B"])) where slow.send([byte]) {
                usleep(300_000)
            }
        }
        #expect(client.answer().text.hasSuffix("fine"))
        writer.join()
        #expect(slow.receiveAll() == [])
    }

    @Test func manyRefusedConnectionsStarveNobody() throws {
        let messages = Atomic<Int>(0)
        try withExtendedLifetime(messages) {
            let server = try Server(
                threads: 1, report: { _ in messages.add(1, ordering: .relaxed) }
            ) { $0.answer($0.parameter("NUMBER") ?? "-") }
            let attack = head([0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 0x10])
            for number in 0..<50 {
                let hostile = (0..<20).map { _ in Client(to: server) }
                let client = Client(to: server)
                for attacker in hostile { attacker.send(attack) }
                client.send(request(["NUMBER": "\(number)"]))
                #expect(client.answer().text.hasSuffix("\(number)"))
            }
            // The first, and after ten seconds at the earliest the next.
            #expect(messages.load(ordering: .relaxed) <= 2)
        }
    }
}

@Suite("What a worker takes before a request's body, however it comes")
struct HeadTests {
    private func server() throws -> Server {
        try Server(threads: 1) { exchange in
            let body = (try? exchange.readBody(limit: 100)) ?? []
            exchange.answer(
                "\(exchange.parameter("ONE") ?? "-") \(exchange.parameter("TWO")?.count ?? -1) "
                    + String(decoding: body, as: UTF8.self))
        }
    }

    private let values: KeyValuePairs = ["ONE": "1", "TWO": String(repeating: "x", count: 300)]

    @Test func recordsOfASingleByte() throws {
        let server = try server()
        let client = Client(to: server)
        let parts = params(values).flatMap { record(.params, [$0]) }
        let body = "body".utf8.flatMap { record(.stdin, [$0]) }
        client.send(begin() + parts + record(.params) + body + record(.stdin))
        #expect(client.answer().text.hasSuffix("1 300 body"))
    }

    @Test func everyByteInAWriteOfItsOwn() throws {
        let server = try server()
        let client = Client(to: server)
        for byte in request(["ONE": "1", "TWO": "22"], body: Array("body".utf8)) {
            client.send([byte])
        }
        #expect(client.answer().text.hasSuffix("1 2 body"))
    }

    @Test func manyRecordsInManyWritesWithPaddingAndOthersBetween() throws {
        let server = try server()
        let client = Client(to: server)
        client.send(begin(id: 700))
        for (index, byte) in params(values).enumerated() {
            // Header (of request 700), one byte of content, seven of padding.
            let padded: [UInt8] = [1, 4, 2, 188, 0, 1, 7, 0, byte, 9, 9, 9, 9, 9, 9, 9]
            client.send(Array(padded.prefix(index % 16)))
            client.send(Array(padded.dropFirst(index % 16)))
            if index % 50 == 0 { client.send(record(.stdin, [1, 2, 3], id: 3)) }
        }
        client.send(record(.params, id: 700) + record(.stdin, Array("body".utf8), id: 700))
        client.send(record(.stdin, id: 700))
        let answer = client.answer(id: 700)
        #expect(answer.text.hasSuffix("1 300 body"))
        #expect(answer.isWellFormed)
    }

    @Test func afterARequestWhoseBodyWasLeftUnread() throws {
        let server = try Server(threads: 1) { exchange in
            guard exchange.parameter("ONE") != "abort" else { return exchange.abort() }
            exchange.answer(exchange.parameter("ONE") ?? "-")
        }
        let aborted = Client(to: server)
        aborted.send(request(["ONE": "abort"], body: [UInt8](repeating: 1, count: 1000)))
        #expect(aborted.receiveAll() == [])
        let client = Client(to: server)
        client.send(begin())
        usleep(100_000)
        client.send(Array(request(["ONE": "1"]).dropFirst(begin().count)))
        #expect(client.answer().text.hasSuffix("1"))
    }

    @Test func aHundredKilobytes() throws {
        let server = try Server(threads: 1) { exchange in
            exchange.answer("\(exchange.parameter("HTTP_X9")?.count ?? -1)")
        }
        let client = Client(to: server)
        var bytes = begin()
        for number in 0..<10 {
            let field = params(["HTTP_X\(number)": String(repeating: "x", count: 10_000)])
            bytes += record(.params, field)
        }
        client.send(bytes + record(.params) + record(.stdin))
        #expect(client.answer().text.hasSuffix("10000"))
    }

    @Test func requestsInOneWriteAreServedOneAfterTheOther() throws {
        let server = try server()
        let client = Client(to: server)
        let all = ["1", "2", "3"].flatMap { request(["ONE": $0], body: [65], keep: true) }
        client.send(all + begin(keep: true))
        for number in ["1", "2", "3"] { #expect(client.answer().text.hasSuffix("\(number) -1 A")) }
        client.send(record(.params) + record(.stdin))
        #expect(client.answer().text.hasSuffix("- -1 "))
    }
}
