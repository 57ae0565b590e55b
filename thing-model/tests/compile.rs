//! Documents: what is refused and where, presets, old dialects, forms, and what can be read off a model.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use thing_model::{
    Access, CallType, Checker, Count, DataType, EventType, Limits, Model, Outcome, Payload, SchemaErrors,
    SchemaRule, WallClock,
};

fn read(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)).unwrap()
}

fn compile(tsl: &str) -> Result<Model, SchemaErrors> {
    Model::compile(tsl.as_bytes(), &Limits::current())
}

/// A document with that property's `dataType`, and the errors it gives.
fn type_errors(limits: &Limits, data_type: &str) -> Vec<(String, SchemaRule)> {
    let tsl = format!(
        r#"{{"profile":{{"productKey":"a"}},"properties":[{{"identifier":"p","name":"p","dataType":{data_type}}}]}}"#
    );
    let errors = Model::compile(tsl.as_bytes(), limits).err().unwrap_or_default();
    let strip = |pointer: &str| pointer.strip_prefix("/properties/0").unwrap_or(pointer).to_owned();
    errors.into_iter().map(|error| (strip(&error.pointer), error.rule)).collect()
}

#[test]
fn types_and_their_specs() {
    let specs = "/dataType/specs";
    for (data_type, expected) in [
        (r#"{"type":"int","specs":{"min":"0","max":"9","step":"1"}}"#, vec![]),
        (r#"{"type":"int","specs":{"min":0,"max":9}}"#, vec![]),
        (r#"{"specs":{"min":"0"},"type":"int"}"#, vec![]),
        (r#"{"type":"int","specs":{"min":"1.0","max":"2e3"}}"#, vec![]),
        (r#"{"type":"int","specs":{"max":"2147483648"}}"#, vec![("/max", SchemaRule::IntegerRange)]),
        (r#"{"type":"int","specs":{"min":"0.5"}}"#, vec![("/min", SchemaRule::Integer)]),
        (
            r#"{"type":"int","specs":{"min":"x","max":"y"}}"#,
            vec![("/min", SchemaRule::NumberFormat), ("/max", SchemaRule::NumberFormat)],
        ),
        (r#"{"type":"float","specs":{"min":"2","max":"1"}}"#, vec![("", SchemaRule::MinAboveMax)]),
        (r#"{"type":"float","specs":{"min":"0.1","max":"0.10"}}"#, vec![]),
        (r#"{"type":"double","specs":{"step":"-1"}}"#, vec![("/step", SchemaRule::Step)]),
        (r#"{"type":"double","specs":{"min":"1e-30","step":"1"}}"#, vec![("/step", SchemaRule::Step)]),
        (r#"{"type":"double","specs":{"min":"1e-30","step":"0"}}"#, vec![]),
        (r#"{"type":"double","specs":[]}"#, vec![("", SchemaRule::Object)]),
        (r#"{"type":"text","specs":{"length":"0"}}"#, vec![("/length", SchemaRule::TextLength)]),
        (r#"{"type":"text","specs":{"length":"10241"}}"#, vec![("/length", SchemaRule::TextLength)]),
        (r#"{"type":"text"}"#, vec![]),
        (r#"{"type":"date"}"#, vec![]),
        (r#"{"type":"bool","specs":{"1":"b","0":"a"}}"#, vec![]),
        (r#"{"type":"bool","specs":{"0":"a","2":"b"}}"#, vec![("", SchemaRule::BoolLabels)]),
        (r#"{"type":"enum","specs":{"-1":"a","0":"b","10":"c"}}"#, vec![]),
        (r#"{"type":"enum","specs":{"01":"a"}}"#, vec![("/01", SchemaRule::EnumKey)]),
        (r#"{"type":"enum","specs":{"-0":"a"}}"#, vec![("/-0", SchemaRule::EnumKey)]),
        (r#"{"type":"enum","specs":{"2147483648":"a"}}"#, vec![("/2147483648", SchemaRule::EnumKey)]),
        (r#"{"type":"enum","specs":{"1":"a","1":"b"}}"#, vec![("", SchemaRule::EnumTwice)]),
        (r#"{"type":"enum"}"#, vec![("", SchemaRule::Specs)]),
        (r#"{"type":"struct"}"#, vec![("", SchemaRule::Specs)]),
        (r#"{"type":"struct","specs":{}}"#, vec![("", SchemaRule::Array)]),
        (r#"{"type":"array","specs":{"item":{"type":"int"}}}"#, vec![("", SchemaRule::ArraySize)]),
        (r#"{"type":"array","specs":{"size":"2","item":{"type":"text","specs":{"length":"4"}}}}"#, vec![]),
        (r#"{"type":"array","specs":{"size":"2","item":{"dataType":{"type":"int"}}}}"#, vec![]),
        (
            r#"{"type":"array","specs":{"size":"2","item":{"dataType":{"dataType":{"type":"int"}}}}}"#,
            vec![("/item/dataType", SchemaRule::DataType)],
        ),
        (r#"{"type":"array","specs":{"size":"2","item":{}}}"#, vec![("/item", SchemaRule::DataType)]),
    ] {
        let expected: Vec<_> =
            expected.iter().map(|(place, rule)| (format!("{specs}{place}"), *rule)).collect();
        assert_eq!(type_errors(&Limits::current(), data_type), expected, "{data_type}");
    }
    assert_eq!(type_errors(&Limits::current(), "3"), [("/dataType".into(), SchemaRule::Object)]);
    assert_eq!(type_errors(&Limits::current(), "{}"), [("/dataType".into(), SchemaRule::DataType)]);
    let long = type_errors(&Limits::current(), r#"{"type":"long"}"#);
    assert_eq!(long, [("/dataType/type".into(), SchemaRule::Type)]);
}

#[test]
fn all_errors_at_once() {
    let tsl = r#"{"properties":[
        {"identifier":"a b","accessMode":"x","dataType":{"type":"int","specs":{"min":"q","max":"1.5"}}},
        {"name":"no identifier","dataType":{"type":"date"}},
        7,
        {"identifier":"ok","dataType":{"type":"struct","specs":[{"identifier":"m","dataType":{"type":"array"}},{"identifier":"m2"}]}}],
      "events":[{"identifier":"e","type":"loud","method":"thing.event.f.post","outputData":{}}],
      "services":[{"identifier":"time","callType":"later","required":"yes"}]}"#;
    let errors = compile(tsl).unwrap_err();
    let found: Vec<_> = errors.into_iter().map(|error| (error.pointer.as_str(), error.rule)).collect();
    assert_eq!(
        found,
        [
            ("/properties/0/accessMode", SchemaRule::AccessMode),
            ("/properties/0/dataType/specs/min", SchemaRule::NumberFormat),
            ("/properties/0/dataType/specs/max", SchemaRule::Integer),
            ("/properties/0/identifier", SchemaRule::IdentifierCharset),
            ("/properties/1", SchemaRule::Identifier),
            ("/properties/2", SchemaRule::Object),
            ("/properties/3/dataType/specs/0/dataType/type", SchemaRule::StructMemberType),
            ("/properties/3/dataType/specs/1", SchemaRule::DataType),
            ("/events/0/method", SchemaRule::EventMethod),
            ("/events/0/type", SchemaRule::EventType),
            ("/events/0/outputData", SchemaRule::Array),
            ("/services/0/required", SchemaRule::Boolean),
            ("/services/0/identifier", SchemaRule::IdentifierReserved),
            ("/services/0/callType", SchemaRule::CallType),
            ("", SchemaRule::Profile),
        ]
    );
    assert_eq!(errors.as_slice()[0].offset as usize, tsl.find(r#""x""#).unwrap());
}

#[test]
fn errors_are_bounded() {
    let properties: Vec<_> = (0..50).map(|_| r#"{"identifier":""}"#).collect();
    let tsl = format!(r#"{{"profile":{{"productKey":"a"}},"properties":[{}]}}"#, properties.join(","));
    let mut limits = Limits::current();
    limits.errors = 7;
    let errors = Model::compile(tsl.as_bytes(), &limits).unwrap_err();
    assert_eq!((errors.as_slice().len(), errors.omitted()), (7, 93));
    assert!(errors.to_string().ends_with("; and 93 more"));
}

#[test]
fn presets() {
    let members: Vec<_> =
        (0..11).map(|n| format!(r#"{{"identifier":"m{n}","dataType":{{"type":"date"}}}}"#)).collect();
    let structure = format!(r#"{{"type":"struct","specs":[{}]}}"#, members.join(","));
    let text = r#"{"type":"text","specs":{"length":"4096"}}"#;
    let array = r#"{"type":"array","specs":{"size":"200","item":{"type":"int"}}}"#;
    for data_type in [structure.as_str(), text, array] {
        assert_eq!(type_errors(&Limits::current(), data_type), []);
        assert_eq!(type_errors(&Limits::older(), data_type).len(), 1, "{data_type}");
        assert_eq!(type_errors(&Limits::lenient(), data_type), []);
    }
    let bulk = read("tsl/bulk-2000.json");
    assert_eq!(
        Model::compile(&bulk, &Limits::current()).unwrap_err().as_slice()[0].rule,
        SchemaRule::DocumentLength
    );
    assert_eq!(Model::compile(&bulk, &Limits::lenient()).unwrap().properties().len(), 2000);

    let mut strict = Limits::current();
    (strict.number_specs, strict.identifier_digit_first, strict.write_only) = (false, false, false);
    assert_eq!(
        type_errors(&strict, r#"{"type":"int","specs":{"min":0}}"#),
        [("/dataType/specs/min".into(), SchemaRule::NumberString)]
    );
    let tsl = r#"{"profile":{"productKey":"a"},"properties":[{"identifier":"1p","accessMode":"w","dataType":{"type":"date"}}]}"#;
    assert!(compile(tsl).is_ok());
    let rules: Vec<_> =
        Model::compile(tsl.as_bytes(), &strict).unwrap_err().into_iter().map(|error| error.rule).collect();
    assert_eq!(rules, [SchemaRule::AccessMode, SchemaRule::IdentifierDigit]);

    // What has no meaning has none under any preset.
    for data_type in [r#"{"type":"real"}"#, r#"{"type":"int","specs":{"min":"2","max":"1"}}"#] {
        assert_eq!(type_errors(&Limits::lenient(), data_type).len(), 1, "{data_type}");
    }
}

#[test]
fn the_length_that_counts_has_no_indentation() {
    let mut limits = Limits::current();
    limits.document_characters = 60;
    let tsl = "{\n        \"profile\": {\n            \"productKey\": \"a\"\n        },\n        \"properties\": []\n}";
    assert!(tsl.len() > 60);
    assert!(Model::compile(tsl.as_bytes(), &limits).is_ok());
    limits.document_characters = 40;
    assert_eq!(
        Model::compile(tsl.as_bytes(), &limits).unwrap_err().as_slice()[0].rule,
        SchemaRule::DocumentLength
    );
}

#[test]
fn bundles_resolve_their_modules() {
    let documents = ["location", "default", "battery"].map(|name| read(&format!("tsl/agv/{name}.json")));
    let documents: Vec<_> = documents.iter().map(Vec::as_slice).collect();
    let model = Model::compile_bundle(&documents, &Limits::current()).unwrap();
    let soc = model.property("battery:Soc").unwrap();
    assert_eq!((soc.identifier(), soc.module(), soc.key()), ("Soc", Some("battery"), "battery:Soc"));
    assert!(model.property("Soc").is_none());
    assert_eq!(model.property("Speed").unwrap().module(), None);
    assert_eq!(model.event("battery:LowPower").unwrap().outputs().len(), 1);
    assert_eq!(model.service("battery:StartCharge").unwrap().identifier(), "StartCharge");
    let modules: Vec<_> = model.modules().map(|module| (module.id(), module.properties().count())).collect();
    assert_eq!(modules[1].0, None);
    assert_eq!(modules[2], (Some("battery"), 3));

    let mut checker = Checker::new(&model);
    let mut check = |json: &str| {
        checker
            .check(Payload::PropertyPost, json.as_bytes(), WallClock::UNKNOWN, &mut Count::default())
            .unwrap()
    };
    assert_eq!(check(r#"{"State":1,"battery:Soc":{"value":77,"time":1700000000000}}"#), Outcome::Valid);
    assert_eq!(check(r#"{"Soc":1}"#), Outcome::Invalid { violations: 1 });
    assert_eq!(check(r#"{"battery:Soc:x":1}"#), Outcome::Invalid { violations: 1 });

    let twice = Model::compile_bundle(&[documents[2], documents[2]], &Limits::current()).unwrap_err();
    assert!(twice.into_iter().any(|error| error.rule == SchemaRule::Module && error.document == 1));
    // One module file stands for itself.
    assert!(Model::compile(documents[2], &Limits::current()).unwrap().property("battery:Soc").is_some());
}

#[test]
fn old_and_foreign_dialects() {
    let model = compile(
        r#"{"schema":"https://iot-tsl.oss-cn-shanghai.aliyuncs.com/schema.json","link":"/sys/a1/d/thing/",
        "profile":{"productKey":"a1","deviceName":"d"},
        "properties":[{"identifier":"p","name":"p","accessMode":"w","dataType":{"type":"double","specs":{"min":0,"max":1.5}}},
          {"identifier":"q","dataType":{"type":"array","specs":{"size":3,"item":{"dataType":{"type":"struct","specs":[
            {"identifier":"value","dataType":{"type":"int"}}]}}}}}],
        "services":[{"identifier":"s","name":"s"}],"events":[{"identifier":"e","unknown":{"deep":[1]}}]}"#,
    )
    .unwrap();
    assert_eq!(model.property("p").unwrap().access(), Access::Write);
    assert_eq!(model.property("q").unwrap().access(), Access::ReadWrite);
    assert_eq!(model.service("s").unwrap().call_type(), CallType::Async);
    assert_eq!(model.event("e").unwrap().event_type(), EventType::Info);
    let DataType::Array { size: 3, item } = model.property("q").unwrap().data_type() else { panic!() };
    assert_eq!(item.data_type().as_str(), "struct");
}

#[test]
fn members_in_any_order_and_spelling() {
    let straight = r#"{"profile":{"productKey":"a"},"properties":[{"identifier":"p","accessMode":"r","dataType":{"type":"int","specs":{"max":"3"}}}]}"#;
    let turned = r#"{"pr\u006fperties":[{"dataType":{"specs":{"max":"3"},"type":"\u0069nt"},"accessMode":"\u0072","\u0069dentifier":"\u0070"}],"profile":{"productKey":"a"}}"#;
    assert_eq!(Model::diff(&compile(straight).unwrap(), &compile(turned).unwrap()), []);
}

#[test]
fn what_a_user_interface_reads() {
    let model = Model::compile(&read("tsl/lamp.json"), &Limits::current()).unwrap();
    assert_eq!(model.product_key(), Some("a1LampDemo01"));
    let brightness = model.property("Brightness").unwrap();
    assert_eq!(
        (brightness.name(), brightness.required(), brightness.access()),
        (Some("亮度"), false, Access::ReadWrite)
    );
    let DataType::Int(number) = brightness.data_type() else { panic!() };
    assert_eq!((number.min(), number.max()), ("0".parse().ok(), "100".parse().ok()));
    assert_eq!((number.unit(), number.unit_name()), (Some("%"), Some("百分比")));
    let DataType::Bool(labels) = model.property("PowerSwitch").unwrap().data_type() else { panic!() };
    assert_eq!((labels.get(1), labels.len()), (Some("开启"), 2));
    assert_eq!(model.event("OverHeat").unwrap().event_type(), EventType::Alert);
    assert_eq!(model.service("Blink").unwrap().call_type(), CallType::Sync);
    assert!(model.service("set").is_none() && model.event("post").is_none());
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&model);
}

#[test]
fn cut_documents_never_panic() {
    let document = read("tsl/all-types.json");
    for end in (0..document.len()).step_by(7) {
        assert!(Model::compile(&document[..end], &Limits::current()).is_err());
    }
    let nested = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(Model::compile(&nested, &Limits::lenient()).is_err());
    let items = format!(
        r#"{{"properties":[{{"identifier":"p","dataType":{}{}}}]}}"#,
        r#"{"type":"array","specs":{"size":"1","item":"#.repeat(30),
        "}}".repeat(30)
    );
    assert!(Model::compile(items.as_bytes(), &Limits::lenient()).is_err());
}

#[test]
fn names_and_descriptions() {
    let property = |name: &str, desc: &str| {
        let tsl = format!(
            r#"{{"profile":{{"productKey":"a"}},"properties":[{{"identifier":"p","name":"{name}","desc":"{desc}","dataType":{{"type":"date"}}}}]}}"#
        );
        compile(&tsl).err().map(|errors| errors.as_slice()[0].rule)
    };
    assert_eq!(property("电源 (A)-1_b/c.d", ""), None);
    assert_eq!(property(&"名".repeat(40), &"x".repeat(4096)), None);
    assert_eq!(property(&"名".repeat(41), ""), Some(SchemaRule::Name));
    assert_eq!(property("-a", ""), Some(SchemaRule::Name));
    assert_eq!(property("a!", ""), Some(SchemaRule::Name));
    assert_eq!(property("a", &"x".repeat(4097)), Some(SchemaRule::Description));
    for (id, good) in
        [("b_1", true), ("", false), ("a-b", false), (&"x".repeat(30), true), (&"x".repeat(31), false)]
    {
        let tsl = format!(r#"{{"profile":{{"productKey":"a"}},"functionBlockId":"{id}","properties":[]}}"#);
        assert_eq!(compile(&tsl).is_ok(), good, "{id}");
    }
}

#[test]
fn counts_of_features_and_parameters() {
    let many = |count: usize, prefix: &str| {
        let items: Vec<_> = (0..count)
            .map(|n| format!(r#"{{"identifier":"{prefix}{n}","dataType":{{"type":"date"}}}}"#))
            .collect();
        items.join(",")
    };
    let document = |properties: usize, outputs: usize, inputs: usize| {
        format!(
            r#"{{"profile":{{"productKey":"a"}},"properties":[{}],"events":[{{"identifier":"e","outputData":[{}]}}],
            "services":[{{"identifier":"s","inputData":[{}],"outputData":[{}]}}]}}"#,
            many(properties, "p"),
            many(outputs, "o"),
            many(inputs, "i"),
            many(outputs, "o")
        )
    };
    let rules = |limits: &Limits, tsl: &str| -> Vec<SchemaRule> {
        let errors = Model::compile(tsl.as_bytes(), limits).err().unwrap_or_default();
        errors.into_iter().map(|error| error.rule).collect()
    };
    let current = Limits::current();
    assert_eq!(rules(&current, &document(298, 100, 100)), []);
    assert_eq!(rules(&current, &document(299, 1, 1)), [SchemaRule::Features]);
    assert_eq!(rules(&current, &document(1, 101, 0)), [SchemaRule::Parameters; 2]);
    assert_eq!(rules(&current, &document(1, 100, 101)), [SchemaRule::Parameters; 2]);
    assert_eq!(rules(&Limits::older(), &document(199, 1, 1)), [SchemaRule::Features]);
    assert_eq!(rules(&Limits::older(), &document(1, 21, 1)), [SchemaRule::Parameters]);
    let mut limits = Limits::current();
    limits.modules = 1;
    let one = br#"{"profile":{"productKey":"a"}}"#;
    let two = br#"{"profile":{"productKey":"a"},"functionBlockId":"b"}"#;
    let errors = Model::compile_bundle(&[one, two], &limits).unwrap_err();
    assert_eq!(errors.as_slice()[0].rule, SchemaRule::Modules);
}
