import FastCGI
import Glibc
import Synchronization
import Testing

/// A real nginx in front of a pool, on a port of loopback.
private final class Nginx: Sendable {
    let server: Server
    let port = freePort()
    private let pid: pid_t

    /// - Parameter location: directives beside `fastcgi_pass`.
    init(_ server: Server, keeping connections: Int, location: String = "") {
        self.server = server
        let file = server.scratch.file("nginx.conf")
        let path = server.scratch.path
        write(
            """
            daemon off;
            # Only heeded when the tests run as root; the socket lies in a private directory.
            user root;
            pid \(path)/nginx.pid;
            error_log \(path)/nginx.log;
            events {}
            http {
                access_log off;
                client_body_temp_path \(path)/client;
                fastcgi_temp_path \(path)/fastcgi;
                proxy_temp_path \(path)/proxy;
                uwsgi_temp_path \(path)/uwsgi;
                scgi_temp_path \(path)/scgi;
                upstream worker {
                    server unix:\(server.socket);
                    keepalive \(connections);
                }
                server {
                    listen 127.0.0.1:\(port);
                    client_max_body_size 200m;
                    location / {
                        fastcgi_param REQUEST_METHOD $request_method;
                        fastcgi_param REQUEST_URI $request_uri;
                        fastcgi_param QUERY_STRING $query_string;
                        fastcgi_param CONTENT_TYPE $content_type;
                        fastcgi_param CONTENT_LENGTH $content_length;
                        fastcgi_param SERVER_PROTOCOL $server_protocol;
                        fastcgi_pass worker;
                        \(location)
                    }
                }
            }
            """, to: file)
        pid = spawn(Nginx.program, ["-c", file, "-e", server.scratch.file("nginx.log")])
        _ = eventually { get(from: port).contains("HTTP/1.1") }
    }

    deinit {
        kill(pid, SIGTERM)
        waitpid(pid, nil, 0)
    }

    /// Where it is installed, or where `install-missing` has unpacked it.
    private static let program: String = {
        let unpacked = #filePath.replacing(
            "Tests/FastCGITests/NginxTests.swift", with: ".build/programs/usr/sbin/nginx")
        return access(unpacked, X_OK) == 0 ? unpacked : "/usr/sbin/nginx"
    }()
}

private func write(_ text: String, to path: String) {
    let file = fopen(path, "w")
    fputs(text, file)
    fclose(file)
}

/// One request on a connection of its own; by HTTP/1.0 the answer comes without chunks.
private func get(
    _ path: String = "/", from port: UInt16, version: String = "1.0", fields: String = "",
    body: [UInt8] = []
) -> String {
    let client = Client(port: port)
    client.send(
        Array(
            "GET \(path) HTTP/\(version)\r\nHost: test\r\nConnection: close\r\n\(fields)\r\n".utf8)
            + body)
    return String(decoding: client.receiveAll(), as: UTF8.self)
}

@Suite("Behind nginx", .serialized)
struct NginxTests {
    @Test("More kept connections than threads: nobody waits for one that only idles")
    func keptConnections() throws {
        let server = try Server(threads: 2) { exchange in
            usleep(2000)
            exchange.answer(exchange.parameter("REQUEST_URI") ?? "-")
        }
        let nginx = Nginx(server, keeping: 32, location: "fastcgi_keep_conn on;")
        let failures = Atomic<Int>(0)
        try withExtendedLifetime(nginx) {
            let clients = try (0..<16).map { number in
                try Thread {
                    for round in 0..<20 {
                        let answer = get("/\(number)/\(round)", from: nginx.port)
                        if !answer.hasSuffix("/\(number)/\(round)") {
                            failures.add(1, ordering: .relaxed)
                        }
                    }
                }
            }
            for client in clients { client.join() }
        }
        #expect(failures.load(ordering: .relaxed) == 0)
    }

    @Test func stoppingUnderLoadBreaksNoAnswer() throws {
        let server = try Server(threads: 2) { exchange in
            usleep(5000)
            exchange.answer(String(repeating: "x", count: 100_000) + "end")
        }
        let nginx = Nginx(server, keeping: 8, location: "fastcgi_keep_conn on;")
        let broken = Atomic<Int>(0)
        let whole = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)
        try withExtendedLifetime(nginx) {
            let clients = try (0..<8).map { _ in
                try Thread {
                    while !isOver.load(ordering: .relaxed) {
                        let answer = get(from: nginx.port)
                        if answer.hasSuffix("end") {
                            whole.add(1, ordering: .relaxed)
                        } else if !answer.hasPrefix("HTTP/1.1 502") {
                            // Refused for want of a worker is not broken.
                            broken.add(1, ordering: .relaxed)
                        }
                    }
                }
            }
            usleep(300_000)
            server.listener.unlinkFile()
            #expect(server.pool.stop(within: 10))
            isOver.store(true, ordering: .relaxed)
            for client in clients { client.join() }
        }
        #expect(whole.load(ordering: .relaxed) > 20)
        #expect(broken.load(ordering: .relaxed) == 0)
    }

    @Test func anAnswerThatFailsHalfWayIsBrokenForTheClientToo() throws {
        let server = try Server(threads: 1) { exchange in
            exchange.answer(String(repeating: "x", count: 300_000))
            exchange.abort()
        }
        let nginx = Nginx(server, keeping: 1)
        withExtendedLifetime(nginx) {
            let answer = get(from: nginx.port, version: "1.1")
            #expect(answer.contains("Transfer-Encoding: chunked"))
            #expect(!answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func aClientThatLeftFreesItsThread() throws {
        let lost = Atomic<Bool>(false)
        try withExtendedLifetime(lost) {
            let server = try Server(threads: 1) { exchange in
                guard exchange.parameter("REQUEST_URI") == "/endless" else {
                    return exchange.answer("next")
                }
                do {
                    try exchange.write("Status: 200 OK\r\n\r\n".utf8)
                    while true { try exchange.write([UInt8](repeating: 1, count: 10_000)) }
                } catch {
                    lost.store(true, ordering: .relaxed)
                }
            }
            let nginx = Nginx(
                server, keeping: 1, location: "fastcgi_max_temp_file_size 0;")
            withExtendedLifetime(nginx) {
                do {
                    let client = Client(port: nginx.port)
                    client.send(Array("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
                    _ = client.receive()
                }
                #expect(eventually { lost.load(ordering: .relaxed) })
                #expect(get(from: nginx.port).hasSuffix("next"))
            }
        }
    }

    @Test("A body of 100 MB over the limit is refused by us, not by a broken pipe")
    func hugeBody() throws {
        let server = try Server(threads: 1) { exchange in
            do {
                exchange.answer("\(try exchange.readBody(limit: 1 << 20).count)")
            } catch {
                exchange.answer("\(error)", status: "413 Content Too Large")
            }
        }
        for buffering in ["on", "off"] {
            let nginx = Nginx(
                server, keeping: 1,
                location: "fastcgi_request_buffering \(buffering); fastcgi_keep_conn on;")
            withExtendedLifetime(nginx) {
                let answer = get(
                    from: nginx.port, fields: "Content-Length: 100000000\r\n",
                    body: [UInt8](repeating: 0x41, count: 100_000_000))
                #expect(answer.hasPrefix("HTTP/1.1 413"))
                #expect(answer.hasSuffix("tooLarge"))
            }
        }
    }
}
