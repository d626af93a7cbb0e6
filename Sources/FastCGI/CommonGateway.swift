private import CFastCGI
import Glibc

/// Plain CGI (RFC 3875): one request by environment and standard input, one answer on standard
/// output, for web servers that know nothing better.
package enum CommonGateway {
    /// Whether a web server started this process for one request.
    package static var isCaller: Bool {
        getenv("GATEWAY_INTERFACE") != nil && getenv("REQUEST_METHOD") != nil
    }

    /// Has the request answered.
    package static func serve(by handler: any RequestHandler) {
        signal(SIGPIPE, SIG_IGN)
        let output = OutputBuffer()
        output.begin(descriptor: STDOUT_FILENO, framing: .plain)
        let exchange = Exchange(
            environment: cfastcgi_environment(), input: StandardInput(), output: output)
        handler.respond(to: exchange)
        _ = exchange.conclude()
    }
}

/// The body on standard input: CONTENT_LENGTH bytes, since a web server need not close it
/// (RFC 3875 §4.2).
private final class StandardInput: InputStream {
    private var rest: Int
    private(set) var isBroken = false

    init() {
        rest = getenv("CONTENT_LENGTH").flatMap { Int(String(cString: $0)) } ?? 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        var count = 0
        while count < buffer.count, rest > 0 {
            let piece = retryingInterrupts {
                Glibc.read(STDIN_FILENO, start + count, min(buffer.count - count, rest))
            }
            guard piece > 0 else {
                isBroken = true
                break
            }
            count += piece
            rest -= piece
        }
        return count
    }
}
