//! The service over a real socket, by a real generated client.

use crate::common::{SPEECH, Service, config, document, refusal};
use speechtag::service::pb::{self, document::Content, tag_result::Outcome};
use speechtag::service::{Config, Limits};
use tonic::Code;

fn request(document: pb::Document) -> pb::TagDocumentRequest {
    pb::TagDocumentRequest { document: Some(document), options: None }
}

#[tokio::test]
async fn a_document_comes_back_tagged_with_its_model() {
    let service = Service::start().await;
    let options = pb::TagOptions { evidence: 4, include_removals: true, ..Default::default() };
    let request = pb::TagDocumentRequest { document: Some(document("a", SPEECH)), options: Some(options) };
    let response = service.tagging().await.tag_document(request).await.unwrap().into_inner();
    assert_eq!(response.model.unwrap().sha256.len(), 64);
    let tagged = response.document.unwrap();
    assert_eq!((tagged.id.as_str(), tagged.encoding.as_str(), tagged.speeches.len()), ("a", "UTF-8", 1));
    assert!(tagged.removals.iter().any(|removal| removal.rule == "page_crumb"));
    let tags = &tagged.speeches[0].tags;
    assert_eq!(
        tags.iter().map(|tag| tag.axis.as_str()).collect::<Vec<_>>(),
        ["document_type", "speaker_level", "topic"]
    );
    assert_eq!(tags[0].alternatives[0].label, "conference_speech");
    assert!(tags.iter().all(|tag| !tag.evidence.is_empty()));
    let chars: Vec<char> = SPEECH.chars().collect();
    for evidence in tags.iter().flat_map(|tag| &tag.evidence) {
        let span = evidence.span.unwrap();
        let cut: String = chars[span.start as usize..span.end as usize].iter().collect();
        assert_eq!(cut, evidence.text);
        assert_eq!(&SPEECH[span.byte_start as usize..span.byte_end as usize], evidence.text);
    }
}

#[tokio::test]
async fn bytes_are_decoded_and_the_encoding_is_said() {
    let service = Service::start().await;
    let (data, _, _) = encoding_rs::GB18030.encode(SPEECH);
    let by_bytes = pb::Document { content: Some(Content::Data(data.into_owned())), ..Default::default() };
    let mut client = service.tagging().await;
    let from_bytes = client.tag_document(request(by_bytes)).await.unwrap().into_inner().document.unwrap();
    let from_text = client.tag_document(request(document("", SPEECH))).await.unwrap().into_inner().document.unwrap();
    assert_eq!(from_bytes.encoding, "gb18030");
    assert_eq!(from_bytes.speeches, from_text.speeches);
}

#[tokio::test]
async fn copies_are_found_in_a_document_and_across_a_batch() {
    let service = Service::start().await;
    let twice = format!("讲话稿篇一\n{SPEECH}\n讲话稿篇二\n{SPEECH}");
    let other = include_str!("../../examples/pages/novel.txt");
    let documents = vec![document("novel", other), document("twice", &twice), document("again", SPEECH)];
    let options = Some(pb::TagOptions { compare_documents: true, ..Default::default() });
    let request = pb::BatchTagDocumentsRequest { documents, options };
    let response = service.tagging().await.batch_tag_documents(request).await.unwrap().into_inner();
    let found: Vec<_> = response
        .results
        .into_iter()
        .flat_map(|result| match result.outcome.unwrap() {
            Outcome::Document(document) => document.speeches,
            Outcome::Error(e) => panic!("{e:?}"),
        })
        .map(|speech| (speech.duplicate_of, speech.duplicate_of_document, speech.similarity.is_some_and(|s| s > 0.9)))
        .collect();
    assert_eq!(found, [(None, None, false), (None, None, false), (Some(0), None, true), (Some(0), Some(1), true)]);
}

#[tokio::test]
async fn a_batch_answers_in_order_with_one_status_per_document() {
    let service = Service::start().await;
    let documents: Vec<_> = (0..100).map(|i| document(&format!("d{i}"), if i == 3 { " \n" } else { SPEECH })).collect();
    let request = pb::BatchTagDocumentsRequest { documents, options: None };
    let response = service.tagging().await.batch_tag_documents(request).await.unwrap().into_inner();
    assert!(response.model.is_some());
    assert!(response.results.iter().enumerate().all(|(i, result)| result.id == format!("d{i}")));
    for (i, result) in response.results.into_iter().enumerate() {
        match result.outcome.unwrap() {
            Outcome::Error(e) => {
                assert_eq!((i, e.code, e.field.as_str()), (3, Code::InvalidArgument as i32, "documents[3].text"));
            }
            Outcome::Document(tagged) => assert_eq!(tagged.speeches.len(), 1),
        }
    }
}

#[tokio::test]
async fn a_stream_keeps_ids_order_and_standing_options_and_survives_bad_documents() {
    let service = Service::start().await;
    let one_axis = pb::TagOptions { axes: vec!["topic".to_owned()], ..Default::default() };
    let no_axis = pb::TagOptions { axes: vec!["colour".to_owned()], ..Default::default() };
    let texts = [
        (SPEECH, Some(one_axis.clone())),
        (SPEECH, None),
        ("", None),
        (SPEECH, Some(no_axis)),
        (SPEECH, Some(one_axis)),
    ];
    let requests: Vec<_> = texts
        .into_iter()
        .enumerate()
        .map(|(i, (text, options))| pb::StreamTagDocumentsRequest {
            document: Some(document(&i.to_string(), text)),
            options,
        })
        .collect();
    let mut stream =
        service.tagging().await.stream_tag_documents(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let mut seen = Vec::new();
    while let Some(response) = stream.message().await.unwrap() {
        let result = response.result.unwrap();
        seen.push((
            result.id,
            match result.outcome.unwrap() {
                Outcome::Document(tagged) => format!("{} tag", tagged.speeches[0].tags.len()),
                Outcome::Error(e) => e.reason,
            },
        ));
    }
    let expected = [("0", "1 tag"), ("1", "1 tag"), ("2", "INVALID_FIELD"), ("3", "AXIS_NOT_FOUND"), ("4", "1 tag")];
    assert_eq!(seen, expected.map(|(id, said)| (id.to_owned(), said.to_owned())));
}

#[tokio::test]
async fn every_mistake_of_a_client_is_named() {
    let limits =
        Limits { max_text_bytes: 10_000, max_batch_documents: 2, max_message_bytes: 100_000, ..Limits::default() };
    let service = Service::with(Config { limits, ..config() }).await;
    let mut client = service.tagging().await;
    let with = |options: pb::TagOptions| pb::TagDocumentRequest {
        document: Some(document("", SPEECH)),
        options: Some(options),
    };
    let data = |bytes: &[u8], encoding: &str| {
        request(pb::Document {
            content: Some(Content::Data(bytes.to_vec())),
            encoding: encoding.to_owned(),
            ..Default::default()
        })
    };
    let (gb, ..) = encoding_rs::GB18030.encode("字".repeat(3_334).leak());
    let cases = [
        (pb::TagDocumentRequest::default(), Code::InvalidArgument, "INVALID_FIELD", "document"),
        (request(pb::Document::default()), Code::InvalidArgument, "INVALID_FIELD", "document.text"),
        (request(document("", "")), Code::InvalidArgument, "INVALID_FIELD", "document.text"),
        (request(document("", " \u{3000}\n\u{feff}")), Code::InvalidArgument, "INVALID_FIELD", "document.text"),
        (request(document("", &"字".repeat(3_334))), Code::InvalidArgument, "LIMIT_EXCEEDED", "document.text"),
        (data(&[0xff; 100], ""), Code::InvalidArgument, "INVALID_FIELD", "document.data"),
        (data(b"%PDF-1.4 with more behind it", ""), Code::InvalidArgument, "INVALID_FIELD", "document.data"),
        (data("好".as_bytes(), "utf-9"), Code::InvalidArgument, "INVALID_FIELD", "document.encoding"),
        (data(b"\xff\xfe\xff", ""), Code::InvalidArgument, "INVALID_FIELD", "document.data"),
        (data(" \u{3000}\n".as_bytes(), ""), Code::InvalidArgument, "INVALID_FIELD", "document.data"),
        (data(&gb, "gb18030"), Code::InvalidArgument, "LIMIT_EXCEEDED", "document.data"),
        (data(&[0; 10_001], ""), Code::InvalidArgument, "LIMIT_EXCEEDED", "document.data"),
        (
            with(pb::TagOptions { model: "other".into(), ..Default::default() }),
            Code::NotFound,
            "MODEL_NOT_FOUND",
            "options.model",
        ),
        (
            with(pb::TagOptions { axes: vec!["topic".into(), "x".into()], ..Default::default() }),
            Code::NotFound,
            "AXIS_NOT_FOUND",
            "options.axes[1]",
        ),
        (
            with(pb::TagOptions { top_k: 65, ..Default::default() }),
            Code::InvalidArgument,
            "INVALID_FIELD",
            "options.top_k",
        ),
        (
            with(pb::TagOptions { evidence: 101, ..Default::default() }),
            Code::InvalidArgument,
            "INVALID_FIELD",
            "options.evidence",
        ),
    ];
    for (request, code, reason, field) in cases {
        let status = client.tag_document(request).await.unwrap_err();
        assert_eq!(refusal(&status), (code, reason.to_owned(), field.to_owned()), "{status:?}");
    }
    let batches = [
        (vec![], "INVALID_FIELD", "documents"),
        (vec![document("", SPEECH); 3], "LIMIT_EXCEEDED", "documents"),
        (vec![document("a", SPEECH), document("a", SPEECH)], "INVALID_FIELD", "documents[1].id"),
    ];
    for (documents, reason, field) in batches {
        let request = pb::BatchTagDocumentsRequest { documents, options: None };
        let status = client.batch_tag_documents(request).await.unwrap_err();
        assert_eq!(refusal(&status), (Code::InvalidArgument, reason.to_owned(), field.to_owned()));
    }
    let status = client.tag_document(request(document("", &"a".repeat(200_000)))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn text_that_is_not_utf8_is_the_clients_mistake() {
    /// As `TagDocumentRequest` on the wire, with the text as bytes.
    #[derive(Clone, PartialEq, prost::Message)]
    struct RawRequest {
        #[prost(message, optional, tag = "1")]
        document: Option<RawDocument>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct RawDocument {
        #[prost(bytes = "vec", tag = "2")]
        text: Vec<u8>,
    }
    let service = Service::start().await;
    let mut grpc = tonic::client::Grpc::new(service.channel().await);
    grpc.ready().await.unwrap();
    let request = RawRequest { document: Some(RawDocument { text: vec![0xff; 16] }) };
    let path = http::uri::PathAndQuery::from_static("/speechtag.v1.TaggingService/TagDocument");
    let codec = tonic_prost::ProstCodec::<RawRequest, pb::TagDocumentResponse>::default();
    let status = grpc.unary(tonic::Request::new(request), path, codec).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::InvalidArgument, "UNDECODABLE_MESSAGE".to_owned(), String::new()));
}

#[tokio::test]
async fn whatever_is_no_speech_gets_an_out_of_scope_tag() {
    let service = Service::start().await;
    let mut client = service.tagging().await;
    let many = "工".repeat(200_000);
    for text in ["🎉🎉🎉🎊", "1234567890", "Plain English, nothing else in it.", "本", many.as_str()] {
        let tagged = client.tag_document(request(document("", text))).await.unwrap().into_inner().document.unwrap();
        let tag = &tagged.speeches[0].tags[0];
        assert!(tag.abstained || !tag.in_scope, "{tag:?} for {text:.10}");
        assert_eq!(tagged.speeches[0].span.unwrap().start, 0);
    }
}

#[tokio::test]
async fn the_catalogue_names_every_label_in_both_languages() {
    let service = Service::start().await;
    let mut client = service.models().await;
    let models = client.list_models(pb::ListModelsRequest {}).await.unwrap().into_inner().models;
    let name = format!("{}@{}", models[0].name, models[0].version);
    let response = client.get_model(pb::GetModelRequest { name }).await.unwrap().into_inner();
    let axes = response.model.unwrap().axes;
    assert_eq!(axes.iter().map(|axis| axis.labels.len()).collect::<Vec<_>>(), [9, 6, 16]);
    assert!(axes.iter().flat_map(|axis| &axis.labels).all(|l| !l.name_zh.is_empty() && !l.name_en.is_empty()));
    assert_eq!(response.limits.unwrap().max_batch_documents, 256);
    let status = client.get_model(pb::GetModelRequest { name: "none".into() }).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::NotFound, "MODEL_NOT_FOUND".to_owned(), "name".to_owned()));
}

#[tokio::test]
async fn health_and_reflection_answer() {
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let service = Service::with(Config { admin: true, ..config() }).await;
    let mut health = HealthClient::new(service.channel().await);
    for name in ["", "speechtag.v1.TaggingService", "speechtag.v1.ModelService", "speechtag.v1.AdminService"] {
        let status = health.check(HealthCheckRequest { service: name.to_owned() }).await.unwrap().into_inner().status;
        assert_eq!(status, ServingStatus::Serving as i32, "{name}");
    }
    let request = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(service.channel().await);
    let mut answers = reflection.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) = answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list of services");
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.contains(&"speechtag.v1.TaggingService".to_owned()), "{names:?}");
}
