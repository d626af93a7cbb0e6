import FastCGI
import Glibc
import Testing

@Suite("The address a worker listens on")
struct ListenAddressTests {
    @Test(
        arguments: [
            ("inherited", .inherited),
            ("unix:/run/caldav.sock", .unix(path: "/run/caldav.sock")),
            ("unix:relative.sock", .unix(path: "relative.sock")),
            ("/run/caldav.sock", .unix(path: "/run/caldav.sock")),
            ("127.0.0.1:9000", .tcp(host: "127.0.0.1", port: 9000)),
            ("[::1]:9000", .tcp(host: "::1", port: 9000)),
            ("localhost:9000", .tcp(host: "localhost", port: 9000)),
            (":9000", .tcp(host: "127.0.0.1", port: 9000)),
            ("*:9000", .tcp(host: nil, port: 9000)),
        ] as [(String, ListenAddress)])
    func isRead(text: String, address: ListenAddress) {
        #expect(ListenAddress(text) == address)
    }

    @Test(arguments: [
        "", "unix:", "9000", "localhost", "localhost:", "localhost:0", "localhost:65536",
        "localhost:-1", "::1:9000", "unix:/" + String(repeating: "x", count: 107),
    ])
    func isRefused(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}

@Suite("The listening socket")
struct ListenerTests {
    private let scratch = Scratch()
    private var path: String { scratch.file("worker.sock") }

    private var mode: UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test func itsFileHasTheModeThatWasAskedFor() throws {
        let listener = try Listener(.unix(path: path), mode: 0o620)
        #expect(mode == 0o620)
        listener.unlinkFile()
        #expect(mode == nil)
    }

    @Test func itsFileBelongsToTheGroupThatWasAskedFor() throws {
        let own = try #require(getgrgid(getegid()))
        let listener = try Listener(
            .unix(path: path), group: String(cString: own.pointee.gr_name))
        listener.unlinkFile()
        #expect(throws: SystemError.self) {
            try Listener(.unix(path: path), group: "no-such-group")
        }
        #expect(mode == nil)
    }

    @Test func aDeadProcessesFileIsReplaced() throws {
        _ = try Listener(.unix(path: path))
        #expect(mode != nil, "released without unlinkFile, as by kill -9")
        let listener = try Listener(.unix(path: path))
        listener.unlinkFile()
    }

    @Test func aLivingProcessesFileIsNot() throws {
        let living = try Listener(.unix(path: path))
        #expect(throws: SystemError.self) { try Listener(.unix(path: path)) }
        living.unlinkFile()
    }

    @Test func whatIsNoSocketIsLeftAlone() throws {
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        // A listener that another test makes at this moment has the process's umask changed.
        fchmod(file, 0o600)
        close(file)
        #expect(throws: SystemError.self) { try Listener(.unix(path: path)) }
        #expect(mode == 0o600)
    }

    @Test func aSuccessorsFileIsLeftAlone() throws {
        let first = try Listener(.unix(path: path))
        unlink(path)
        let second = try Listener(.unix(path: path))
        first.unlinkFile()
        #expect(mode != nil)
        second.unlinkFile()
    }

    @Test func aDirectoryThatIsMissingIsNamed() {
        let error = #expect(throws: SystemError.self) {
            try Listener(.unix(path: scratch.file("no/where.sock")))
        }
        #expect(error?.code == ENOENT)
        #expect(error.map { "\($0)".contains("no/where.sock") } == true)
    }

    @Test func aPortServesLoopback() throws {
        let port = freePort()
        let listener = try Listener(.tcp(host: "127.0.0.1", port: port))
        let pool = try WorkerPool(listener: listener, threads: 1) {
            Answering { $0.answer("by TCP") }
        }
        let client = Client(port: port)
        client.send(request())
        #expect(client.answer().text.hasSuffix("by TCP"))
        #expect(pool.stop(within: 5))
    }
}
