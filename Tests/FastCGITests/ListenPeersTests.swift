import Glibc
import Testing

@testable import FastCGI

@Suite("The accounts that may connect to a Unix socket")
struct ListenPeersTests {
    private let scratch = Scratch()
    private var path: String { scratch.file("worker.sock") }
    private let stranger: uid_t = 54_321
    private let group: gid_t = 54_322

    @Test(
        arguments: [
            ("auto", .automatic), ("any", .anyone), ("nginx", .accounts(["nginx"])),
            ("nginx, 101 ,www-data", .accounts(["nginx", "101", "www-data"])),
        ] as [(String, ListenPeers)])
    func areRead(text: String, peers: ListenPeers) {
        #expect(ListenPeers(text) == peers)
    }

    @Test(arguments: ["", "nginx,", ",", "two words"])
    func areRefused(text: String) {
        #expect(ListenPeers(text) == nil)
    }

    /// A file with that mode, in place of a socket's.
    private func file(mode: mode_t) -> String {
        let path = scratch.file("file")
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        chmod(path, mode)
        return path
    }

    @Test(arguments: [.automatic, .anyone, .accounts([])] as [ListenPeers])
    func rootAndOurselvesAlways(peers: ListenPeers) throws {
        let check = try PeerCheck(peers, file: file(mode: 0o600))
        #expect(check.letsIn(0) { [] })
        #expect(check.letsIn(geteuid()) { [] })
    }

    @Test func whoHasNoOtherRightThanEverybodyIsKeptOut() throws {
        let check = try PeerCheck(.automatic, file: file(mode: 0o666))
        #expect(!check.letsIn(stranger) { [group] })
    }

    @Test func theFilesGroupIsLetInWhereItMayWrite() throws {
        let own = getegid()
        let closed = try PeerCheck(.automatic, file: file(mode: 0o606))
        #expect(!closed.letsIn(stranger) { [group, own] })
        let open = try PeerCheck(.automatic, file: file(mode: 0o660))
        #expect(open.letsIn(stranger) { [group, own] })
    }

    @Test func whereNoFileIsToBeSeenWhoMadeTheSocketDecided() throws {
        #expect(try PeerCheck(.automatic, file: nil).letsIn(stranger) { [] })
        #expect(try !PeerCheck(.accounts(["12345"]), file: nil).letsIn(stranger) { [] })
    }

    @Test func aListIsTheWholeList() throws {
        let check = try PeerCheck(.accounts(["12345"]), file: file(mode: 0o660))
        #expect(check.letsIn(12345) { [] })
        #expect(!check.letsIn(stranger) { [getegid()] })
    }

    @Test func aWebServersAccountThatTheMachineHasIsLetIn() throws {
        let account = try #require(getpwnam("www-data") ?? getpwnam("http") ?? getpwnam("nginx"))
        let user = account.pointee.pw_uid
        let check = try PeerCheck(.automatic, file: file(mode: 0o666))
        #expect(check.letsIn(user) { [] })
    }

    @Test func anAccountThatThereIsNotIsNamed() throws {
        let error = #expect(throws: SystemError.self) {
            try Listener(.unix(path: path), peers: .accounts(["no-such-account"]))
        }
        #expect(error.map { "\($0)".contains("no-such-account") } == true)
        #expect(access(path, F_OK) != 0)
    }

    /// Has another account send a request and say what came back.
    private func answer(as user: uid_t, from server: Server) -> String {
        let output = server.scratch.file("answer.\(user)")
        let bytes = request().map { String($0) }.joined(separator: ",")
        let program = """
            import socket
            s = socket.socket(socket.AF_UNIX); s.connect("\(server.socket)")
            try: s.sendall(bytes([\(bytes)])); print(s.makefile("rb").read())
            except ConnectionError: print(b"")
            """
        run(
            "/bin/sh",
            [
                "-c",
                "setpriv --reuid \(user) --regid \(user) --clear-groups python3 -c '\(program)' "
                    + "> \(output) 2>&1",
            ])
        return text(of: output)
    }

    @Test("A stranger's connection is closed unread", .enabled(if: geteuid() == 0))
    func connectionOfAStranger() throws {
        let server = try Server(threads: 1) { $0.answer("fine") }
        chmod(server.scratch.path, 0o755)
        #expect(answer(as: stranger, from: server) == "b''\n")
        let listed = try Server(threads: 1, peers: .accounts(["54321"])) { $0.answer("fine") }
        chmod(listed.scratch.path, 0o755)
        #expect(answer(as: stranger, from: listed).contains("fine"))
    }
}
