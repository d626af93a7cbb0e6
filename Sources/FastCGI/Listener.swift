private import CFastCGI
import Glibc

/// A listening socket, non-blocking, closed when released.
///
/// Several processes may share it: each takes what it can get and goes on when another was faster.
package final class Listener: Sendable {
    let descriptor: Int32
    let isTCP: Bool

    /// Nil where who connects has no account that could be asked for.
    private let peers: PeerCheck?

    /// The socket's file, where it is ours to remove.
    private let file: SocketFile?

    private struct SocketFile {
        let path: String
        let device: dev_t
        let inode: ino_t
    }

    /// - Parameters:
    ///   - mode: permissions of a Unix socket's file; the web server's user has to be able to write.
    ///   - group: the name of the group the file is to belong to; nil: that of this process.
    ///   - peers: which accounts may connect to a Unix socket.
    ///   - backlog: connections that may wait while every thread is busy.
    /// - Throws: `SystemError`; `EADDRINUSE` too where a living process listens on that path.
    package convenience init(
        _ address: ListenAddress, mode: UInt32 = 0o660, group: String? = nil,
        peers: ListenPeers = .automatic, backlog: Int32 = 512
    ) throws(SystemError) {
        switch address {
        case .inherited:
            try self.init(inherited: peers)
        case .unix(let path):
            try self.init(path: path, mode: mode, group: group, peers: peers, backlog: backlog)
        case .tcp(let host, let port):
            try self.init(host: host, port: port, backlog: backlog)
        }
    }

    private init(
        descriptor: Int32, isTCP: Bool, peers: PeerCheck? = nil, file: SocketFile? = nil
    ) throws(SystemError) {
        self.descriptor = descriptor
        self.isTCP = isTCP
        self.peers = peers
        self.file = file
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            throw SystemError("set the listening socket non-blocking")
        }
    }

    deinit { close(descriptor) }

    /// Whether whoever started us left a listening socket; where not, this is plain CGI or a shell.
    package static var isInherited: Bool { inheritedDescriptor != nil }

    private static var inheritedDescriptor: Int32? {
        if isListening(0) { return 0 }
        // sd_listen_fds(3): meant for us when LISTEN_PID is our own; they begin at 3.
        guard let pid = getenv("LISTEN_PID"), Int32(String(cString: pid)) == getpid(),
            getenv("LISTEN_FDS") != nil, isListening(3)
        else { return nil }
        return 3
    }

    private static func isListening(_ descriptor: Int32) -> Bool {
        option(SO_ACCEPTCONN, of: descriptor) == 1
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 else { return nil }
        return value
    }

    private convenience init(inherited peers: ListenPeers) throws(SystemError) {
        guard let descriptor = Listener.inheritedDescriptor else {
            throw SystemError("listen on descriptor 0", code: ENOTSOCK)
        }
        let domain = Listener.option(SO_DOMAIN, of: descriptor)
        try self.init(
            descriptor: descriptor, isTCP: domain == AF_INET || domain == AF_INET6,
            peers: domain == AF_UNIX
                ? PeerCheck(peers, file: Listener.visibleFile(of: descriptor)) : nil)
    }

    /// The path that a Unix socket is bound to, where this process can see it.
    private static func visibleFile(of descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isKnown else { return nil }
        let path = withUnsafeBytes(of: address.sun_path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        var status = stat()
        return !path.isEmpty && stat(path, &status) == 0 ? path : nil
    }

    private convenience init(
        path: String, mode: UInt32, group: String?, peers: ListenPeers, backlog: Int32
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            throw SystemError("bind \(path)", code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let owningGroup = try group.map { (name) throws(SystemError) in
            guard let entry = getgrnam(name) else {
                throw SystemError("find the group \(name)", code: ENOENT)
            }
            return entry.pointee.gr_gid
        }
        let check = try PeerCheck(peers, file: path)
        try Listener.removeStaleSocket(at: path, address)
        let descriptor = try Listener.openSocket(AF_UNIX)
        let bound = Listener.withSocketAddress(&address) { address, size in
            // The file must never be more open than it will be.
            let mask = umask(0o777)
            defer { umask(mask) }
            return bind(descriptor, address, size)
        }
        var status = stat()
        guard bound == 0, owningGroup.map({ chown(path, gid_t.max, $0) == 0 }) ?? true,
            chmod(path, mode) == 0, stat(path, &status) == 0, listen(descriptor, backlog) == 0
        else {
            let error = SystemError("listen on \(path)")
            close(descriptor)
            throw error
        }
        try self.init(
            descriptor: descriptor, isTCP: false, peers: check,
            file: SocketFile(path: path, device: status.st_dev, inode: status.st_ino))
    }

    private convenience init(host: String?, port: UInt16, backlog: Int32) throws(SystemError) {
        let name = "\(host ?? "*"):\(port)"
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &found)
        defer { freeaddrinfo(found) }
        guard failure == 0, let entry = found?.pointee else {
            throw SystemError("resolve \(name)", code: EADDRNOTAVAIL)
        }
        let descriptor = try Listener.openSocket(entry.ai_family)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0,
            listen(descriptor, backlog) == 0
        else {
            let error = SystemError("listen on \(name)")
            close(descriptor)
            throw error
        }
        try self.init(descriptor: descriptor, isTCP: true)
    }

    /// Removes a socket's file that a dead process left; refuses to take a living one's.
    private static func removeStaleSocket(
        at path: String, _ address: sockaddr_un
    ) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SystemError("listen on \(path), which is not a socket", code: EEXIST)
        }
        var address = address
        let probe = try openSocket(AF_UNIX)
        defer { close(probe) }
        let answered = withSocketAddress(&address) { connect(probe, $0, $1) }
        if answered == 0 || errno == EAGAIN {
            throw SystemError("listen on \(path)", code: EADDRINUSE)
        }
        if errno == ECONNREFUSED { unlink(path) }
    }

    private static func openSocket(_ family: Int32) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        return descriptor
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Removes the socket's file, if it is still the one that was bound here.
    ///
    /// Nobody can connect any more then, but who did is still to be served.
    package func unlinkFile() {
        guard let file else { return }
        var status = stat()
        guard lstat(file.path, &status) == 0, status.st_dev == file.device,
            status.st_ino == file.inode
        else { return }
        unlink(file.path)
    }

    /// Whether nobody can connect any more once `unlinkFile` was called: what waits is all there is.
    var endsWhenUnlinked: Bool { file != nil }

    /// Whether a connection waits to be accepted.
    var hasWaiting: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    /// The next waiting connection, or nil with `errno` set (`EAGAIN`: none).
    func accept() -> Int32? {
        let connection = retryingInterrupts {
            accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        }
        guard connection >= 0 else { return nil }
        if isTCP {
            var on: Int32 = 1
            setsockopt(
                connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on,
                socklen_t(MemoryLayout<Int32>.size))
        }
        return connection
    }

    /// Why an accepted connection is to be closed unread; nil: it may stay.
    func refusal(of connection: Int32) -> Refusal? { peers?.refusal(of: connection) }
}
