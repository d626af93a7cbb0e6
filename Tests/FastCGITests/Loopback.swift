import FastCGI
import Glibc
import Synchronization

/// A directory of a test's own for sockets and servers' files, removed with it.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/crm-caldav-fastcgi.XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { run("/bin/rm", ["-rf", path]) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Runs a program to its end.
@discardableResult
func run(_ program: String, _ arguments: [String]) -> Int32 {
    var status: Int32 = 0
    waitpid(spawn(program, arguments), &status, 0)
    return status
}

func spawn(_ program: String, _ arguments: [String]) -> pid_t {
    let copies = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, program, nil, nil, copies, environ(["PATH=/usr/sbin:/usr/bin"]))
    precondition(failure == 0, "\(program): \(String(cString: strerror(failure)))")
    return pid
}

/// A C array that lives as long as the process.
private func environ(_ entries: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
        capacity: entries.count + 1)
    for (index, entry) in entries.enumerated() { array[index] = strdup(entry) }
    array[entries.count] = nil
    return array
}

/// The contents of a small file; empty where there is none.
func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
}

/// A TCP port of loopback that nobody listens on.
func freePort() -> UInt16 {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutableBytes(of: &address) { bytes in
        let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
        _ = bind(probe, pointer, size)
        getsockname(probe, pointer, &size)
    }
    return UInt16(bigEndian: address.sin_port)
}

/// Waits until `condition` holds; false after ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        usleep(5000)
    }
    return false
}

/// A client's end of a stream socket; waits ten seconds for an answer.
final class Client: Sendable {
    private let descriptor: Int32
    /// Whom it talks to, kept alive by it.
    private let server: Server?

    convenience init(to server: Server) {
        self.init(unix: server.socket, server: server)
    }

    init(unix path: String, server: Server? = nil) {
        self.server = server
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        connect(address)
    }

    init(port: UInt16) {
        server = nil
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        connect(address)
    }

    deinit { close(descriptor) }

    private func connect(_ address: some BitwiseCopyable) {
        var limit = timeval()
        limit.tv_sec = 10
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        withUnsafeBytes(of: address) { bytes in
            _ = Glibc.connect(
                descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count))
        }
    }

    /// False when the other side is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads up to `size` bytes; empty when the other side closed, nil when it said nothing.
    func receive(_ size: Int = 65536) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size)
        let count = recv(descriptor, &bytes, size, 0)
        if count < 0, errno == EAGAIN { return nil }
        return Array(bytes.prefix(max(count, 0)))
    }

    /// Reads until the other side closes.
    func receiveAll() -> [UInt8] {
        var all: [UInt8] = []
        while let piece = receive(), !piece.isEmpty { all += piece }
        return all
    }
}

/// Answers by a closure.
final class Answering: RequestHandler {
    private let body: @Sendable (Exchange) -> Void
    init(_ body: @escaping @Sendable (Exchange) -> Void) { self.body = body }
    func respond(to exchange: Exchange) { body(exchange) }
}

/// A pool on a socket in a directory of its own, stopped when released.
final class Server: Sendable {
    let scratch = Scratch()
    let listener: Listener
    let pool: WorkerPool
    var socket: String { scratch.file("worker.sock") }

    init(
        threads: Int, headPatience: Int = 10, peers: ListenPeers = .automatic,
        report: @escaping @Sendable (String) -> Void = { _ in },
        _ body: @escaping @Sendable (Exchange) -> Void
    ) throws {
        listener = try Listener(
            .unix(path: scratch.file("worker.sock")), mode: 0o666, peers: peers)
        pool = try WorkerPool(
            listener: listener, threads: threads, headPatience: headPatience, report: report
        ) { Answering(body) }
    }

    deinit {
        listener.unlinkFile()
        _ = pool.stop(within: 10)
    }
}

extension Exchange {
    /// Writes a small answer.
    func answer(_ text: String, status: String = "200 OK") {
        try? write(
            "Status: \(status)\r\nContent-Type: text/plain\r\n\r\n\(text)".utf8)
    }
}
