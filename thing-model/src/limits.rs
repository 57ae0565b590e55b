//! What a document may hold: identifiers, counts, lengths, sizes.

/// The bounds a thing model is compiled under; a policy, not a version of the format.
///
/// Three presets: [`Limits::current`] is the platform's, [`Limits::older`] what it was before, [`Limits::lenient`] takes whatever
/// has a meaning (documents of other vendors and gateways, thousands of properties). What has *no* meaning is an error under
/// all of them: unknown types, a minimum above its maximum, a struct inside a struct, an identifier given twice.
///
/// ```
/// use thing_model::Limits;
/// let mut limits = Limits::current();
/// limits.features = 2_000;
/// assert_eq!(limits.identifier_length, 50);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one document.
    pub document_bytes: usize,
    /// Characters of one document, without line breaks and indentation.
    pub document_characters: usize,
    /// Documents of one bundle, the default module among them.
    pub modules: usize,
    /// Properties, events and services of one module; the generated `post`, `set` and `get` do not count.
    pub features: usize,
    /// Outputs of one event.
    pub event_outputs: usize,
    /// Inputs of one service.
    pub service_inputs: usize,
    /// Outputs of one service.
    pub service_outputs: usize,
    /// Inputs and outputs of all services and events of one module.
    pub parameters: usize,
    /// Characters of an identifier.
    pub identifier_length: usize,
    /// Identifiers hold letters, digits and `_` only.
    pub identifier_charset: bool,
    /// Identifiers may start with a digit.
    pub identifier_digit_first: bool,
    /// `set` `get` `post` `property` `event` `time` `value` name no feature.
    pub reserved_words: bool,
    /// Names of features have at most 40 characters, start with a letter or digit of any script and hold `-_/.()` and spaces
    /// besides.
    pub names: bool,
    /// Characters of a description.
    pub description_length: usize,
    /// Characters of a module's identifier (and it holds letters, digits and `_` only).
    pub module_id_length: usize,
    /// Members of a struct.
    pub struct_members: usize,
    /// Items of an enum.
    pub enum_items: usize,
    /// The greatest `length` of a text; also what a text without one gets.
    pub text_length: u32,
    /// The greatest `size` of an array.
    pub array_size: u32,
    /// `profile` with `productKey` must be there.
    pub profile: bool,
    /// `bool` needs a label for 0 and for 1, where it has specs at all.
    pub bool_labels: bool,
    /// `method` must follow from the identifier, where it is given.
    pub methods: bool,
    /// The generated `set` lists properties that can be set and nothing else.
    pub consistency: bool,
    /// Numbers in specs may be JSON numbers besides strings.
    pub number_specs: bool,
    /// `accessMode` may be `w` (very old files, other vendors).
    pub write_only: bool,
    /// Errors kept; further ones are only counted.
    pub errors: usize,
    /// Secret of the name tables. Where documents come from strangers give a random number, so that nobody can choose names
    /// that collide.
    pub seed: u64,
}

impl Limits {
    /// The platform's limits of today.
    #[must_use]
    pub const fn current() -> Self {
        Self {
            document_bytes: 512 * 1024,
            document_characters: 256 * 1024,
            modules: 200,
            features: 300,
            event_outputs: 100,
            service_inputs: 100,
            service_outputs: 100,
            parameters: 300,
            identifier_length: 50,
            identifier_charset: true,
            identifier_digit_first: true,
            reserved_words: true,
            names: true,
            description_length: 4_096,
            module_id_length: 30,
            struct_members: 50,
            enum_items: 100,
            text_length: 10_240,
            array_size: 512,
            profile: true,
            bool_labels: true,
            methods: true,
            consistency: true,
            number_specs: true,
            write_only: true,
            errors: 1_000,
            seed: 0,
        }
    }

    /// The platform's limits of older products: 200 features, structs of 10, enums of 25, texts of 2,048, arrays of 128.
    #[must_use]
    pub const fn older() -> Self {
        Self {
            modules: 20,
            features: 200,
            event_outputs: 50,
            service_outputs: 20,
            struct_members: 10,
            enum_items: 25,
            text_length: 2_048,
            array_size: 128,
            ..Self::current()
        }
    }

    /// No limits but those of memory: documents of 64 MiB, no counts, any identifier that is not empty and has no `:`.
    #[must_use]
    pub const fn lenient() -> Self {
        Self {
            document_bytes: 64 * 1024 * 1024,
            document_characters: usize::MAX,
            modules: usize::MAX,
            features: usize::MAX,
            event_outputs: usize::MAX,
            service_inputs: usize::MAX,
            service_outputs: usize::MAX,
            parameters: usize::MAX,
            identifier_length: usize::MAX,
            identifier_charset: false,
            reserved_words: false,
            names: false,
            description_length: usize::MAX,
            module_id_length: usize::MAX,
            struct_members: usize::MAX,
            enum_items: usize::MAX,
            text_length: u32::MAX,
            array_size: u32::MAX,
            profile: false,
            bool_labels: false,
            methods: false,
            consistency: false,
            ..Self::current()
        }
    }
}

impl Default for Limits {
    /// [`Limits::current`].
    fn default() -> Self {
        Self::current()
    }
}
