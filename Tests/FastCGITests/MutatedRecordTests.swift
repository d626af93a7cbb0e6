import FastCGI
import Glibc
import Synchronization
import Testing

/// Record streams that are made of right ones by changes at random: 20,000, with `SOAK=1` a million.
@Suite("Mutated record streams")
struct MutatedRecordTests {
    private let isSoak = getenv("SOAK") != nil

    @Test("None ends a worker, holds a thread or costs memory")
    func mutations() throws {
        let total = isSoak ? 1_000_000 : 20_000
        let server = try Server(threads: 4) { exchange in
            var count = 0
            exchange.forEachParameter { name, value in count += name.count + value.count }
            let body = (try? exchange.readBody(limit: 100_000))?.count ?? -1
            exchange.answer("\(count) \(exchange.parameter("NUMBER") ?? "-") \(body)")
        }
        let seed = UInt64.random(in: .min ... .max)
        let counts = Mutex((answered: 0, hung: 0, lost: 0))
        let memory = Mutex((first: 0, most: 0))
        let players = 2
        try withExtendedLifetime(server) {
            let threads = try (0..<players).map { player in
                try Thread {
                    var mutator = Mutator(seed: seed &+ UInt64(player))
                    for number in 0..<total / players {
                        let client = Client(to: server)
                        client.send(mutator.next())
                        client.finishSending()
                        switch Self.end(of: client) {
                        case nil: counts.withLock { $0.hung += 1 }
                        case 0: break
                        default: counts.withLock { $0.answered += 1 }
                        }
                        guard number % 500 == 499 else { continue }
                        let usual = Client(to: server)
                        usual.send(request(["NUMBER": "\(number)"]))
                        if !usual.answer().text.contains(" \(number) ") {
                            counts.withLock { $0.lost += 1 }
                        }
                        // After a tenth everything has been as large as it gets.
                        guard number > total / players / 10 else { continue }
                        memory.withLock { memory in
                            let now = Self.residentKilobytes
                            if memory.first == 0 { memory.first = now }
                            memory.most = max(memory.most, now)
                        }
                    }
                }
            }
            for thread in threads { thread.join() }
        }
        let (answered, hung, lost) = counts.withLock { $0 }
        #expect(hung == 0, "seed \(seed)")
        #expect(lost == 0, "seed \(seed)")
        // Changed a little, many are requests still.
        let share = Double(answered) / Double(total)
        #expect((0.05...0.95).contains(share))
        guard isSoak else { return }
        let (first, most) = memory.withLock { ($0.first, $0.most) }
        print("\(total) streams, \(Int(share * 100)) % answered, \(first) KB, at most \(most) KB")
        // With the other suites beside it, memory is not its own.
        #expect(most - first < 4096)
    }

    /// Bytes that came until the connection's end; nil where it does not end.
    private static func end(of client: Client) -> Int? {
        var count = 0
        while let piece = client.receive() {
            if piece.isEmpty { return count }
            count += piece.count
        }
        return nil
    }

    private static var residentKilobytes: Int {
        let fields = text(of: "/proc/self/statm").split(separator: " ")
        return (fields.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
            / 1024
    }
}

/// Makes wrong streams of right ones; the same for the same seed.
private struct Mutator {
    private var state: UInt64
    private let samples: [[UInt8]]

    init(seed: UInt64) {
        state = seed
        let long = params(["NUMBER": "7", "HTTP_LONG": String(repeating: "x", count: 1000)])
        let plain = request(["REQUEST_METHOD": "GET", "REQUEST_URI": "/caldav/", "NUMBER": "1"])
        let question = record(
            .getValues, params(["FCGI_MAX_CONNS": "", "FCGI_MPXS_CONNS": ""]), id: 0)
        samples = [
            plain, question + plain,
            begin() + long.flatMap { record(.params, [$0]) } + record(.params) + record(.stdin),
            begin(keep: true) + record(.params, long) + record(.params)
                + record(.stdin, [UInt8](repeating: 65, count: 3000)) + question
                + record(.stdin, [1, 2, 3], id: 9) + record(.stdin) + plain,
            begin() + begin(id: 2) + record(.params, Array(long.prefix(500)))
                + record(.params, Array(long.dropFirst(500))) + record(.params)
                + record(.stdin, [1]) + record(.abortRequest),
            begin() + record(.params, [0xff, 0xff, 0xff, 0xf0, 0x80, 0, 0, 0x10])
                + record(.params) + record(.stdin),
        ]
    }

    mutating func next() -> [UInt8] {
        var bytes = samples[below(samples.count)]
        for _ in 0...below(4) { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        // Headers are what most depends on.
        let at = below(below(2) == 0 ? min(bytes.count, 64) : bytes.count)
        let end = min(bytes.count, at + 1 + below(40))
        switch below(9) {
        case 0: bytes[at] ^= 1 << UInt8(below(8))
        case 1: bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)]
        case 2: bytes[at] = UInt8(below(256))
        case 3: bytes.insert(contentsOf: (0..<below(20)).map { _ in UInt8(below(256)) }, at: at)
        case 4: bytes.removeSubrange(at..<end)
        case 5: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 6:
            let other = samples[below(samples.count)]
            bytes.replaceSubrange(at..., with: other[below(other.count)...])
        case 7:
            let length: [UInt8] = [[0xff, 0x80, 0xfe][below(3)], 0, 0xff, UInt8(below(256))]
            bytes.replaceSubrange(at..<min(bytes.count, at + 4), with: length)
        default:
            // A record of a type and a length that nobody asked for.
            let content = [UInt8](repeating: UInt8(below(256)), count: below(300))
            var inserted = record(.params, content, id: UInt16(below(3)))
            inserted[1] = UInt8(below(14))
            bytes.insert(contentsOf: inserted, at: at & ~7)
        }
    }

    /// SplitMix64.
    private mutating func below(_ limit: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((value ^ value >> 31) % UInt64(limit))
    }
}
