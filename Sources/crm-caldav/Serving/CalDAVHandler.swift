import CalDAV
import FastCGI
import Glibc
import WebDAV

/// Answers what the web server passes on; one for each worker thread.
final class CalDAVHandler: RequestHandler {
    private let server: Server
    private let reader: RequestReader
    private let logs: Logs
    private let holdsBack: Int
    private let release: () -> Void

    /// Bytes of a request or an answer that are worth giving memory back after it.
    private static let largeSize = 1 << 20

    /// - Parameters:
    ///   - holdsBack: bytes of a streamed body that are held back in case it ends, or fails, within them.
    ///   - release: gives back what was kept for the next request, after a large one.
    init(
        server: Server, settings: ServeSettings, logs: Logs, holdsBack: Int,
        release: @escaping () -> Void
    ) {
        self.server = server
        self.release = release
        self.holdsBack = holdsBack
        self.reader = RequestReader(settings: settings)
        self.logs = logs
    }

    func respond(to exchange: Exchange) {
        let start = Self.microseconds
        let origin = reader.origin(of: exchange)
        let response =
            switch reader.read(exchange, origin) {
            case .request(let request): server.respond(to: request)
            case .elsewhere: RequestError(.notFound, "There is nothing here.").response
            }
        let (status, bytes) = send(response, to: exchange, origin)
        if max(bytes, exchange.contentLength ?? 0) > Self.largeSize {
            release()
            Memory.noteLargeUse()
        }
        logs.request(
            Logs.Request(
                method: origin.method, uri: origin.uri, user: response.user, status: status,
                address: origin.clientAddress, microseconds: Self.microseconds - start,
                bytes: bytes))
    }

    /// Sends the answer; where its content fails, another one as long as nothing has left, or else
    /// a broken one: half a calendar must not look like a whole.
    private func send(
        _ response: Response, to exchange: Exchange, _ origin: RequestReader.Origin
    ) -> (status: Int, bytes: Int) {
        var writer = ResponseWriter(
            exchange, isHead: origin.method == "HEAD", holdsBack: holdsBack)
        do {
            try writer.write(response)
        } catch let error as ConnectionLost {
            exchange.abort()
            logs.event(
                .info, "the client went away",
                [
                    ("uri", Logs.masked(origin.uri)),
                    ("reason", String(cString: strerror(error.code))),
                ])
        } catch  where exchange.hasSent {
            exchange.abort()
            _ = server.response(to: error)
            logs.event(
                .error, "an answer broke off",
                [("method", origin.method), ("uri", Logs.masked(origin.uri))])
        } catch {
            exchange.discard()
            let replacement = server.response(to: error)
            try? writer.write(replacement)
            return (replacement.status.code, writer.contentBytes)
        }
        return (response.status.code, writer.contentBytes)
    }

    /// Of a clock that nobody sets.
    private static var microseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
