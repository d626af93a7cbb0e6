import Glibc

/// The web server's side of FastCGI 1.0, byte by byte.
enum RecordType: UInt8 {
    case beginRequest = 1
    case abortRequest = 2
    case endRequest = 3
    case params = 4
    case stdin = 5
    case stdout = 6
    case getValues = 9
    case getValuesResult = 10
}

func record(_ type: RecordType, _ content: [UInt8] = [], id: UInt16 = 1) -> [UInt8] {
    [
        1, type.rawValue, UInt8(id >> 8), UInt8(id & 0xff), UInt8(content.count >> 8),
        UInt8(content.count & 0xff), 0, 0,
    ] + content
}

func begin(role: UInt8 = 1, keep: Bool = false, id: UInt16 = 1) -> [UInt8] {
    record(.beginRequest, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0], id: id)
}

func params(_ values: KeyValuePairs<String, String>) -> [UInt8] {
    values.flatMap { name, value in
        length(name) + length(value) + Array(name.utf8) + Array(value.utf8)
    }
}

private func length(_ text: String) -> [UInt8] {
    let count = text.utf8.count
    if count < 128 { return [UInt8(count)] }
    return [UInt8(count >> 24 | 0x80), UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff)]
        + [UInt8(count & 0xff)]
}

/// A whole request as a web server sends it, the body in records of 32,000 bytes.
func request(
    _ values: KeyValuePairs<String, String> = ["REQUEST_METHOD": "GET"], body: [UInt8] = [],
    keep: Bool = false, id: UInt16 = 1
) -> [UInt8] {
    var bytes = begin(keep: keep, id: id) + record(.params, params(values), id: id)
    bytes += record(.params, id: id)
    var rest = body[...]
    while !rest.isEmpty {
        bytes += record(.stdin, Array(rest.prefix(32_000)), id: id)
        rest = rest.dropFirst(32_000)
    }
    return bytes + record(.stdin, id: id)
}

/// What a worker sent back for one request.
struct Answer {
    var text: String { String(decoding: stdout, as: UTF8.self) }
    var stdout: [UInt8] = []
    /// Whether FCGI_END_REQUEST came, and with it the promise that the answer is whole.
    var isEnded = false
    /// Whether each record's type was one that belongs here, with the request's id.
    var isWellFormed = true
}

extension Client {
    /// Reads records until the request's end or the connection's.
    func answer(id: UInt16 = 1) -> Answer {
        var answer = Answer()
        while !answer.isEnded, let header = exactly(8) {
            let length = Int(header[4]) << 8 | Int(header[5])
            guard let content = exactly(length + Int(header[6])) else { break }
            answer.isWellFormed =
                answer.isWellFormed && header[0] == 1
                && UInt16(header[2]) << 8 | UInt16(header[3]) == id
            switch RecordType(rawValue: header[1]) {
            case .stdout: answer.stdout += content.prefix(length)
            case .endRequest: answer.isEnded = true
            default: answer.isWellFormed = false
            }
        }
        return answer
    }

    func exactly(_ size: Int) -> [UInt8]? {
        var all: [UInt8] = []
        while all.count < size {
            guard let piece = receive(size - all.count), !piece.isEmpty else { return nil }
            all += piece
        }
        return all
    }
}
